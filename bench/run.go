package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
)

const (
	customTitle     = "CRD"
	builtInTitle    = "built-in (ConfigMap)"
	bridgeTitle     = "bridge"
	aggregatedTitle = "bridge, aggregated"
)

func run(ctx context.Context, options *options) (err error) {
	directory, err := os.MkdirTemp("", "bridge-bench-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	say("starting etcd, kube-apiserver, MariaDB and the bridge")
	w, err := startWorld(ctx, directory, options.bridge, options.watch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.stop()) }()
	found, err := w.compare(ctx, options)
	if err != nil {
		return err
	}
	fmt.Println(found.table())
	if options.json != "" {
		err = found.writeJSON(options.json)
	}
	if options.document != "" {
		err = errors.Join(err, replaceTable(options.document, options.watch, found.table()))
	}
	return err
}

// compare does the whole work.
func (w *world) compare(ctx context.Context, options *options) (*report, error) {
	custom, builtIn, direct, aggregated, err := w.httpPeers()
	if err != nil {
		return nil, err
	}
	plain := &sqlPeer{database: w.database, processes: servers{w.mariadb.ID()}}
	found := &report{
		Objects: options.objects, Watch: options.watch, Processors: runtime.NumCPU(), Date: time.Now().UTC().Format(time.DateOnly),
		peers: []peer{custom, builtIn, direct, aggregated, plain},
	}
	say("making %d objects of each kind", options.objects)
	if found.Memory, err = w.fill(ctx, custom, builtIn, direct, options.objects); err != nil {
		return nil, err
	}
	measurer := newMeasurer(options.objects)
	for round := range options.rounds {
		say("reading, round %d of %d", round+1, options.rounds)
		if err := measurer.readRound(ctx, found.peers, options.objects); err != nil {
			return nil, err
		}
	}
	say("timing %d foreign commits", options.events)
	if found.Latencies, err = w.watchLatency(ctx, direct, options.events); err != nil {
		return nil, err
	}
	for round := range options.rounds {
		say("creating, round %d of %d", round+1, options.rounds)
		if err := measurer.createRound(ctx, found.peers, max(1, options.creates/options.rounds)); err != nil {
			return nil, err
		}
	}
	found.Measurements = measurer.order
	return found, nil
}

func (w *world) httpPeers() (custom, builtIn, direct, aggregated *httpPeer, err error) {
	cluster := servers{w.plane.APIServer.ID(), w.plane.Etcd.ID()}
	bridged := servers{w.bridge.ID(), w.mariadb.ID()}
	const (
		customPath  = "/apis/custom.example.com/v1/namespaces/default/customers"
		bridgedPath = "/apis/bridged.example.com/v1/namespaces/default/customers"
	)
	definitions := []struct {
		peer    **httpPeer
		title   string
		path    string
		servers servers
		binary  bool
		object  func(int) any
	}{
		{&custom, customTitle, customPath, cluster, false, customer("custom.example.com")},
		{&builtIn, builtInTitle, "/api/v1/namespaces/default/configmaps", cluster, true, configMap},
		{&direct, bridgeTitle, bridgedPath, bridged, true, customer("bridged.example.com")},
		{&aggregated, aggregatedTitle, bridgedPath, append(append(servers{}, cluster...), bridged...), true, customer("bridged.example.com")},
	}
	for _, definition := range definitions {
		config, err := w.clusterClient()
		if definition.title == bridgeTitle {
			config, err = w.bridgeClient()
		}
		if err != nil {
			return nil, nil, nil, nil, err
		}
		made, err := newHTTPPeer(definition.title, config, definition.path, definition.servers)
		if err != nil {
			return nil, nil, nil, nil, err
		}
		made.binary, made.object = definition.binary, definition.object
		*definition.peer = made
	}
	return custom, builtIn, direct, aggregated, nil
}

func say(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}
