package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Which database to use.
const (
	engineAuto     = "auto"
	engineEmbedded = "embedded"
	engineMariaDB  = "mariadb"
)

type options struct {
	engine     string
	tourOnly   bool
	noTour     bool
	interval   time.Duration
	repository string
	program    string
}

func defaultOptions() *options {
	return &options{engine: engineAuto, interval: 1500 * time.Millisecond, repository: ".."}
}

func (o *options) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.engine, "engine", o.engine,
		"Database to use: mariadb (a server of the demo's own, if mariadbd is installed), embedded (needs nothing), or auto (mariadb if there is one).")
	flags.BoolVar(&o.tourOnly, "tour-only", o.tourOnly, "End after the tour.")
	flags.BoolVar(&o.noTour, "no-tour", o.noTour, "Leave the tour out.")
	flags.DurationVar(&o.interval, "legacy-interval", o.interval, "Time between two changes made by the legacy application.")
	flags.StringVar(&o.repository, "repository", o.repository, "Directory of the bridge's source, relative to the demo's.")
	flags.StringVar(&o.program, "bridge", o.program, "Use this bridge-apiserver program instead of building one.")
}

func (o *options) validate(arguments []string) error {
	if len(arguments) > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags, see --help", arguments[0])
	}
	known := []string{engineAuto, engineEmbedded, engineMariaDB}
	if o.engine != engineAuto && o.engine != engineEmbedded && o.engine != engineMariaDB {
		return fmt.Errorf("--engine=%s: must be one of %s", o.engine, strings.Join(known, ", "))
	}
	if o.tourOnly && o.noTour {
		return fmt.Errorf("--tour-only and --no-tour leave nothing to do: remove one of them")
	}
	if o.interval <= 0 {
		return fmt.Errorf("--legacy-interval=%s: must be above 0", o.interval)
	}
	if o.program != "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(o.repository, "cmd", "bridge-apiserver")); err != nil {
		return fmt.Errorf("--repository=%s: not the bridge's source: %w", o.repository, err)
	}
	return nil
}
