package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// report is everything that one run found.
type report struct {
	Objects      int             `json:"objects"`
	Watch        string          `json:"watch"`
	Processors   int             `json:"processors"`
	Date         string          `json:"date"`
	Measurements []*measurement  `json:"measurements"`
	Memory       []memory        `json:"memory"`
	Latencies    []time.Duration `json:"latencyNanoseconds"`

	peers []peer
}

func (r *report) writeJSON(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the results: %w", err)
	}
	if err := os.WriteFile(file, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}

// table is the report as a Markdown table.
func (r *report) table() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d objects of %d fields, `watch: %s`, %d processors, %s. Times are CPU time of the server processes for each request.\n\n",
		r.Objects, len(fieldNames), r.Watch, r.Processors, r.Date)
	text.WriteString("| work |")
	for _, p := range r.peers {
		text.WriteString(" " + p.name() + " |")
	}
	text.WriteString(" bridge : CRD | bridge : built-in |\n|---|" + strings.Repeat("---:|", len(r.peers)+2) + "\n")
	for w := listJSON; w <= createOne; w++ {
		r.writeTimes(&text, w)
		if w == createOne {
			r.writeRates(&text, w)
		}
		if w == listJSON || w == listProtobuf || w == tablePage {
			r.writeBytes(&text, w)
		}
	}
	r.writeMemory(&text)
	if len(r.Latencies) > 0 {
		fmt.Fprintf(&text, "\nForeign commit to watch event, %d commits: p50 %s, p99 %s, longest %s.\n", len(r.Latencies),
			short(percentile(r.Latencies, 50)), short(percentile(r.Latencies, 99)), short(percentile(r.Latencies, 100)))
	}
	return text.String()
}

func (r *report) find(work, peer string) *measurement {
	for _, m := range r.Measurements {
		if m.Work == work && m.Peer == peer && !m.Unsupported && m.Times > 0 {
			return m
		}
	}
	return nil
}

// writeRow writes one line of the table; value returns false where there is none.
func (r *report) writeRow(text *strings.Builder, title string, format func(float64) string, value func(peer string) (float64, bool)) {
	fmt.Fprintf(text, "| %s |", title)
	for _, p := range r.peers {
		if measured, known := value(p.name()); known {
			text.WriteString(" " + format(measured) + " |")
			continue
		}
		text.WriteString(" – |")
	}
	bridged, known := value(bridgeTitle)
	for _, other := range []string{customTitle, builtInTitle} {
		base, otherKnown := value(other)
		if !known || !otherKnown || base == 0 {
			text.WriteString(" – |")
			continue
		}
		fmt.Fprintf(text, " %.2f |", bridged/base)
	}
	text.WriteString("\n")
}

func (r *report) writeTimes(text *strings.Builder, w work) {
	r.writeRow(text, w.String(), milliseconds, func(peer string) (float64, bool) {
		m := r.find(w.String(), peer)
		if m == nil {
			return 0, false
		}
		return m.cpuEach().Seconds() * 1000, true
	})
}

func (r *report) writeRates(text *strings.Builder, w work) {
	r.writeRow(text, "… objects a second", func(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }, func(peer string) (float64, bool) {
		m := r.find(w.String(), peer)
		if m == nil {
			return 0, false
		}
		return m.rate(), true
	})
}

func (r *report) writeBytes(text *strings.Builder, w work) {
	r.writeRow(text, "… bytes", kibibytes, func(peer string) (float64, bool) {
		m := r.find(w.String(), peer)
		if m == nil {
			return 0, false
		}
		return float64(m.Bytes), true
	})
}

func (r *report) writeMemory(text *strings.Builder) {
	row := func(title string, of func(memory) float64) {
		r.writeRow(text, title, kibibytes, func(peer string) (float64, bool) {
			for _, m := range r.Memory {
				if m.Peer == peer {
					return of(m), true
				}
			}
			return 0, false
		})
	}
	row("memory for each object, growth of the processes", func(m memory) float64 { return m.Resident })
	row("… live heap of the API server", func(m memory) float64 { return m.Heap })
}

func milliseconds(value float64) string { return fmt.Sprintf("%.2f ms", value) }

func kibibytes(value float64) string { return fmt.Sprintf("%.1f KiB", value/1024) }

func short(duration time.Duration) string { return duration.Round(100 * time.Microsecond).String() }
