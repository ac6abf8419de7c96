package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTableShowsRatiosAndGaps(t *testing.T) {
	found := &report{
		Objects: 10, Watch: watchPoll, Processors: 2, Date: "2024-01-02",
		Measurements: []*measurement{
			{Work: listJSON.String(), Peer: customTitle, Times: 10, CPU: time.Second, Wall: time.Second, Bytes: 4096},
			{Work: listJSON.String(), Peer: bridgeTitle, Times: 20, CPU: 500 * time.Millisecond, Wall: time.Second, Bytes: 1024},
			{Work: listProtobuf.String(), Peer: customTitle, Unsupported: true},
			{Work: createOne.String(), Peer: bridgeTitle, Times: 300, CPU: time.Second, Wall: 2 * time.Second},
		},
		Memory:    []memory{{Peer: bridgeTitle, Resident: 2048, Heap: 1024}},
		Latencies: []time.Duration{time.Millisecond, 2 * time.Millisecond, 30 * time.Millisecond},
		peers:     []peer{&httpPeer{title: customTitle}, &httpPeer{title: bridgeTitle}},
	}
	table := found.table()
	for _, want := range []string{
		"| work | CRD | bridge | bridge : CRD | bridge : built-in |",
		"| LIST all, JSON | 100.00 ms | 25.00 ms | 0.25 | – |",
		"| … bytes | 4.0 KiB | 1.0 KiB | 0.25 | – |",
		"| LIST all, protobuf | – | – | – | – |",
		"| … objects a second | – | 150/s | – | – |",
		"| memory for each object, growth of the processes | – | 2.0 KiB | – | – |",
		"p50 2ms, p99 30ms, longest 30ms",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

func TestArrivalsAreTimedOnce(t *testing.T) {
	event := func(name string) string {
		return `{"type":"MODIFIED","object":{"spec":{"companyName":"` + name + `"}}}` + "\n"
	}
	stream := event("Company number 7 Ltd.") + event(changeNote+"1") + event(changeNote+"1") + event(changeNote+"0")
	result := collectArrivals(strings.NewReader(stream), 2)
	if result.err != nil {
		t.Fatal(result.err)
	}
	if result.times[0].IsZero() || result.times[1].IsZero() || result.times[0].Before(result.times[1]) {
		t.Errorf("arrivals at %v", result.times)
	}
}

func TestArrivalsEndWithAnError(t *testing.T) {
	for stream, want := range map[string]string{
		`{"type":"ERROR","object":{"message":"too old"}}`:                                   "too old",
		`{"type":"ADDED","object":{"spec":{"companyName":"` + changeNote + `9"}}}`:          "unexpected change",
		`{"type":"ADDED","object":{"spec":{"companyName":"nothing that was waited for"}}} `: "EOF",
	} {
		if err := collectArrivals(strings.NewReader(stream), 2).err; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", stream, err, want)
		}
	}
}

func TestProcessTimesOfThisProcess(t *testing.T) {
	self := servers{os.Getpid()}
	if _, err := self.cpuTime(); err != nil {
		t.Error(err)
	}
	resident, err := self.residentBytes()
	if err != nil || resident < 1<<20 {
		t.Errorf("this process holds %d bytes (%v), want more than 1 MiB", resident, err)
	}
}

func TestLiveHeap(t *testing.T) {
	heap, err := liveHeap("heap profile: 1\n\n# runtime.MemStats\n# Alloc = 1\n# HeapAlloc = 4242\n# HeapSys = 9\n")
	if err != nil || heap != 4242 {
		t.Errorf("live heap is %d (%v), want 4242", heap, err)
	}
	if _, err := liveHeap("nothing"); err == nil {
		t.Error("a text without statistics is accepted")
	}
}

func TestReplaceTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "performance.md")
	begin, end := "<!-- begin of the last table, watch: Poll; make bench writes it -->", "<!-- end of the last table, watch: Poll -->"
	if err := os.WriteFile(file, []byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replaceTable(file, watchPoll, "new\n"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if want := "before\n" + begin + "\nnew\n" + end + "\nafter\n"; err != nil || string(content) != want {
		t.Errorf("got %q (%v), want %q", content, err, want)
	}
	if err := replaceTable(file, watchBinlog, "new\n"); err == nil {
		t.Error("a document without the lines is accepted")
	}
}

func TestDocumentHasPlacesForBothTables(t *testing.T) {
	content, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, watch := range []string{watchBinlog, watchPoll} {
		if err := replaceTable(file, watch, "table\n"); err != nil {
			t.Error(err)
		}
	}
}
