package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"k8s.io/client-go/rest"
)

var errUnsupported = errors.New("not supported")

const (
	acceptJSON     = "application/json"
	acceptProtobuf = "application/vnd.kubernetes.protobuf"
	acceptTable    = "application/json;as=Table;v=v1;g=meta.k8s.io"
)

// httpPeer is a Kubernetes resource behind some server.
type httpPeer struct {
	title     string
	processes servers
	client    *http.Client
	// collection is the URL of the resource in the namespace.
	collection string
	// binary says that the resource has a protobuf form.
	binary bool
	// object returns the JSON of one object.
	object func(number int) any
}

func newHTTPPeer(title string, config *rest.Config, path string, processes servers) (*httpPeer, error) {
	// Compression would measure the compression.
	config.DisableCompression = true
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", title, err)
	}
	return &httpPeer{title: title, processes: processes, client: client, collection: config.Host + path}, nil
}

func (p *httpPeer) name() string     { return p.title }
func (p *httpPeer) servers() servers { return p.processes }

func (p *httpPeer) do(ctx context.Context, work work, number int) (int64, error) {
	switch work {
	case listJSON:
		return p.get(ctx, p.collection, acceptJSON)
	case listProtobuf:
		if !p.binary {
			return 0, errUnsupported
		}
		return p.get(ctx, p.collection, acceptProtobuf)
	case tablePage:
		return p.get(ctx, fmt.Sprintf("%s?limit=%d", p.collection, pageSize), acceptTable)
	case getOne:
		return p.get(ctx, p.collection+"/"+objectName(number), acceptJSON)
	default:
		return p.create(ctx, number)
	}
}

func (p *httpPeer) get(ctx context.Context, url, accept string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept", accept)
	return p.send(request, http.StatusOK)
}

// text returns a short answer.
func (p *httpPeer) text(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, response.Status, body)
	}
	return string(body), err
}

func (p *httpPeer) create(ctx context.Context, number int) (int64, error) {
	body, err := json.Marshal(p.object(number))
	if err != nil {
		return 0, fmt.Errorf("encode object %d: %w", number, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.collection, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", acceptJSON)
	request.Header.Set("Accept", acceptJSON)
	return p.send(request, http.StatusCreated)
}

func (p *httpPeer) send(request *http.Request, want int) (int64, error) {
	response, err := p.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		// The answer is a Status; its beginning says what is wrong.
		text, err := io.ReadAll(io.LimitReader(response.Body, 2000))
		return 0, errors.Join(fmt.Errorf("%s %s: %s: %s", request.Method, request.URL, response.Status, text), err)
	}
	received, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		return 0, fmt.Errorf("%s %s: read the answer: %w", request.Method, request.URL, err)
	}
	return received, nil
}

// customer is an object of the custom resource and of the bridge.
func customer(group string) func(number int) any {
	return func(number int) any {
		spec := map[string]any{}
		for i, value := range record(number) {
			spec[fieldNames[i]] = value
		}
		spec["orderCount"] = number % 500
		return map[string]any{
			"apiVersion": group + "/v1", "kind": "Customer",
			"metadata": map[string]any{"name": objectName(number), "namespace": "default"},
			"spec":     spec,
		}
	}
}

// configMap is the same content in the built-in type that can hold it.
func configMap(number int) any {
	data := map[string]any{}
	for i, value := range record(number) {
		data[fieldNames[i]] = value
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"name": objectName(number), "namespace": "default"},
		"data":     data,
	}
}
