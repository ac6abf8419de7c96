package bridge

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/component-base/metrics/legacyregistry"

	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

var resourceLabels = []string{"backend", "resource"}

// gauge is a metric made from a mirror's status when it is asked for.
type gauge struct {
	description *prometheus.Desc
	kind        prometheus.ValueType
	value       func(status mirror.Status, now time.Time) float64
}

func newGauge(name, help string, value func(mirror.Status, time.Time) float64) gauge {
	return gauge{prometheus.NewDesc(name, help, resourceLabels, nil), prometheus.GaugeValue, value}
}

func newCounter(name, help string, value func(mirror.Status, time.Time) float64) gauge {
	return gauge{prometheus.NewDesc(name, help, resourceLabels, nil), prometheus.CounterValue, value}
}

func newGauges() []gauge {
	return []gauge{
		newGauge("bridge_mirror_synced", "1 once the first full state of the resource has been read, else 0.",
			func(s mirror.Status, _ time.Time) float64 { return oneIf(s.Synced) }),
		newGauge("bridge_mirror_objects", "Objects served.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Objects) }),
		newGauge("bridge_mirror_object_bytes", "Size of the objects served.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Bytes) }),
		newGauge("bridge_mirror_history_events", "Events kept for watches that resume.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Events) }),
		newGauge("bridge_mirror_history_bytes", "Size of the events kept.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.HistoryBytes) }),
		newGauge("bridge_mirror_watchers", "Open watches.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Watchers) }),
		newGauge("bridge_mirror_pinned_snapshots", "Snapshots kept for paged lists.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Pinned) }),
		newCounter("bridge_mirror_resyncs_total", "Full states read after the first one. Each one ends all watches.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Resyncs) }),
		newGauge("bridge_mirror_unrepresentable_records", "Records that no object can stand for, and that are not served.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Unrepresentable) }),
		newGauge("bridge_mirror_duplicate_records", "Records that are not served because another one has the same name.",
			func(s mirror.Status, _ time.Time) float64 { return float64(s.Duplicates) }),
		newGauge("bridge_feed_well", "1 while the feed follows the backend, else 0.",
			func(s mirror.Status, _ time.Time) float64 { return oneIf(s.Synced && s.Unwell == nil) }),
		newGauge("bridge_feed_age_seconds", "Time since the feed last delivered anything: what is served is at least as new.", age),
	}
}

func oneIf(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}

// age is zero before the first delivery, when there is nothing that could be old.
func age(status mirror.Status, now time.Time) float64 {
	if status.FreshAt.IsZero() {
		return 0
	}
	return max(0, now.Sub(status.FreshAt).Seconds())
}

// collector exports the state of the resources.
type collector struct {
	resources []*resource
	gauges    []gauge
	now       func() time.Time
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, gauge := range c.gauges {
		descriptions <- gauge.description
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	now := c.now()
	for _, made := range c.resources {
		status := made.mirror.Status()
		for _, gauge := range c.gauges {
			metrics <- prometheus.MustNewConstMetric(gauge.description, gauge.kind, gauge.value(status, now), made.backend, made.name)
		}
	}
}

// register exports the metrics of a server, together with those of the API machinery,
// and returns a function that ends it.
func register(collectors ...prometheus.Collector) (func(), error) {
	registry := legacyregistry.Registerer()
	var registered []prometheus.Collector
	unregister := func() {
		for _, collector := range registered {
			registry.Unregister(collector)
		}
	}
	for _, collector := range collectors {
		if err := registry.Register(collector); err != nil {
			unregister()
			return nil, fmt.Errorf("register metrics (one server of a process can): %w", err)
		}
		registered = append(registered, collector)
	}
	return unregister, nil
}
