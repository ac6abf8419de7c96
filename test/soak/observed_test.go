package soak

import (
	"sync"

	"k8s.io/apimachinery/pkg/watch"
)

// observedWatch passes a watch's events on and shows each to an observer first.
// (watch.Filter would leave a goroutine behind when its reader stops in between.)
type observedWatch struct {
	source  watch.Interface
	events  chan watch.Event
	stopped chan struct{}
	stop    sync.Once
}

func observe(source watch.Interface, observer func(watch.Event)) watch.Interface {
	w := &observedWatch{source: source, events: make(chan watch.Event), stopped: make(chan struct{})}
	go w.run(observer)
	return w
}

func (w *observedWatch) run(observer func(watch.Event)) {
	defer close(w.events)
	for event := range w.source.ResultChan() {
		observer(event)
		select {
		case w.events <- event:
		case <-w.stopped:
			return
		}
	}
}

func (w *observedWatch) ResultChan() <-chan watch.Event { return w.events }

func (w *observedWatch) Stop() {
	w.stop.Do(func() { close(w.stopped) })
	w.source.Stop()
}
