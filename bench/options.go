package main

import (
	"fmt"

	"github.com/spf13/pflag"
)

// The ways in which the bridge can notice changes.
const (
	watchBinlog = "Binlog"
	watchPoll   = "Poll"
)

type options struct {
	objects  int
	rounds   int
	creates  int
	events   int
	bridge   string
	watch    string
	json     string
	document string
}

func defaultOptions() *options {
	return &options{objects: 10_000, rounds: 5, creates: 1500, events: 100, watch: watchBinlog, json: "results.json"}
}

func (o *options) addFlags(flags *pflag.FlagSet) {
	flags.IntVar(&o.objects, "objects", o.objects, "Objects of each kind.")
	flags.IntVar(&o.rounds, "rounds", o.rounds, "Rounds; in each, every subject does every work.")
	flags.IntVar(&o.creates, "creates", o.creates, "Objects that each subject creates.")
	flags.IntVar(&o.events, "events", o.events, "Foreign commits whose way to a watcher is timed.")
	flags.StringVar(&o.bridge, "bridge", o.bridge, "Use this bridge-apiserver program instead of building one.")
	flags.StringVar(&o.watch, "watch", o.watch, "How the bridge notices changes: "+watchBinlog+" or "+watchPoll+".")
	flags.StringVar(&o.json, "json", o.json, "File for the results; empty for none.")
	flags.StringVar(&o.document, "document", o.document, "Markdown file whose table between the markers is replaced, such as ../docs/performance.md.")
}

func (o *options) validate(arguments []string) error {
	if len(arguments) > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags, see --help", arguments[0])
	}
	if o.watch != watchBinlog && o.watch != watchPoll {
		return fmt.Errorf("--watch=%s: must be %s or %s", o.watch, watchBinlog, watchPoll)
	}
	for name, value := range map[string]int{"objects": o.objects, "rounds": o.rounds, "creates": o.creates, "events": o.events} {
		if value < 1 {
			return fmt.Errorf("--%s=%d: must be at least 1", name, value)
		}
	}
	if o.objects < pageSize {
		return fmt.Errorf("--objects=%d: must be at least %d, the size of a page", o.objects, pageSize)
	}
	return nil
}
