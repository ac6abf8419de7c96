package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/internal/bridge"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// backends are the opened backends of a mapping.
type backends struct {
	sql map[string]*sql.Backend
}

// openBackends opens the backends that resources use. None is connected to yet: a
// backend that cannot be reached shows in its resources, not here.
func openBackends(mapping *v1alpha1.Mapping) (*backends, error) {
	opened := &backends{sql: map[string]*sql.Backend{}}
	for _, declared := range mapping.Backends {
		if declared.Spec.MySQL == nil {
			continue
		}
		backend, err := sql.Open(sqlConfig(declared.Name, declared.Spec.MySQL))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("backend %s: %w", declared.Name, err), opened.Close())
		}
		opened.sql[declared.Name] = backend
	}
	return opened, nil
}

// Close ends all connections.
func (b *backends) Close() error {
	var problems []error
	for name, backend := range b.sql {
		if err := backend.Close(); err != nil {
			problems = append(problems, fmt.Errorf("close backend %s: %w", name, err))
		}
	}
	return errors.Join(problems...)
}

// resources makes an adapter for each resource.
func (b *backends) resources(mapping *v1alpha1.Mapping) ([]bridge.Resource, error) {
	var resources []bridge.Resource
	var problems []error
	for _, declared := range mapping.Resources {
		resource, err := b.resource(declared)
		if err != nil {
			problems = append(problems, fmt.Errorf("resource %s: %w", declared.Name, err))
			continue
		}
		resources = append(resources, resource)
	}
	return resources, errors.Join(problems...)
}

func (b *backends) resource(declared *v1alpha1.BridgedResource) (bridge.Resource, error) {
	kind, err := object.NewKind(declared)
	if err != nil {
		return bridge.Resource{}, err
	}
	source := declared.Spec.Source
	if source.MySQL == nil {
		return bridge.Resource{}, fmt.Errorf("backend %s: gRPC sources are not supported yet: only mysql is", source.Backend)
	}
	backend, found := b.sql[source.Backend]
	if !found {
		return bridge.Resource{}, fmt.Errorf("backend %s is not a mysql backend, which source.mysql needs", source.Backend)
	}
	adapter, err := backend.Resource(sqlResourceConfig(declared, kind))
	if err != nil {
		return bridge.Resource{}, err
	}
	return bridge.Resource{Kind: kind, Backend: source.Backend, Adapter: adapter}, nil
}

func sqlConfig(name string, declared *v1alpha1.MySQLBackend) sql.Config {
	config := sql.Config{
		Name:         name,
		DSN:          dsnSource(declared.DSN, declared.DSNFrom, "dsnFrom"),
		Watch:        sql.WatchMode(declared.Watch),
		MaxOpenConns: int(declared.MaxOpenConns),
		TimeZone:     declared.TimeZone,
		Logger:       slog.New(logr.ToSlogHandler(klog.Background().WithName("sql"))),
	}
	if declared.LogDSNFrom != nil {
		config.LogDSN = dsnSource("", declared.LogDSNFrom, "logDsnFrom")
	}
	if declared.PollInterval != nil {
		config.PollInterval = declared.PollInterval.Duration
	}
	return config
}

// dsnSource returns a function that reads a DSN from where the mapping says it is;
// field names that place. An error never holds the DSN.
func dsnSource(literal string, from *v1alpha1.ValueSource, field string) func() (string, error) {
	if from == nil {
		return func() (string, error) { return literal, nil }
	}
	if variable := from.Env; variable != "" {
		return func() (string, error) {
			if dsn := os.Getenv(variable); dsn != "" {
				return dsn, nil
			}
			return "", fmt.Errorf("environment variable %s, which %s.env names, is not set", variable, field)
		}
	}
	file := from.File
	return func() (string, error) {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("read the file that %s.file names: %w", field, err)
		}
		dsn := strings.TrimSpace(string(content))
		if dsn == "" {
			return "", fmt.Errorf("file %s, which %s.file names, is empty", file, field)
		}
		return dsn, nil
	}
}

func sqlResourceConfig(declared *v1alpha1.BridgedResource, kind *object.Kind) sql.ResourceConfig {
	source := declared.Spec.Source.MySQL
	config := sql.ResourceConfig{
		Name:         declared.Name,
		Table:        source.Table,
		Where:        map[string][]string{},
		Key:          sqlKey(declared, kind),
		GeneratedKey: source.Key.Name.Generated,
		Fields:       sqlFields(kind),
		BeforeWrite:  source.BeforeWrite,
		AllowCascade: source.AllowCascade,
	}
	for column, values := range source.Where {
		config.Where[column] = scalarTexts(values)
	}
	if source.OnDelete != nil {
		config.OnDelete = map[string]string{}
		for column, value := range source.OnDelete.Set {
			config.OnDelete[column] = value.Text
		}
	}
	return config
}

// addressTypes are the types that spell a column's bytes or number as text, so that a
// name made from the column reads like the field.
var addressTypes = []v1alpha1.FieldType{
	v1alpha1.TypeHex, v1alpha1.TypeIPv4, v1alpha1.TypeIP, v1alpha1.TypeMAC, v1alpha1.TypeUUID,
}

// sqlKey are the name's columns, then the namespace's. A column that is a field too
// has that field's type if it is one of addresses.
func sqlKey(declared *v1alpha1.BridgedResource, kind *object.Kind) []sql.Column {
	var columns []sql.Column
	for _, field := range kind.AdapterSchema().Key {
		column := sql.Column{Field: field, Column: field.Name}
		for _, mapped := range declared.Spec.Fields {
			if strings.EqualFold(mapped.Column, field.Name) && slices.Contains(addressTypes, mapped.Type) {
				column.Type = sql.ColumnType(mapped.Type)
			}
		}
		columns = append(columns, column)
	}
	return columns
}

func sqlFields(kind *object.Kind) []sql.Column {
	var columns []sql.Column
	sources := kind.Sources()
	for i, field := range kind.AdapterSchema().Fields {
		columns = append(columns, sql.Column{
			Field:      field,
			Column:     sources[i].Column,
			Type:       sql.ColumnType(sources[i].Type),
			Values:     sources[i].Values,
			NullValues: scalarTexts(sources[i].NullValues),
			ReadOnly:   field.ReadOnly,
		})
	}
	return columns
}

func scalarTexts(scalars []v1alpha1.Scalar) []string {
	var texts []string
	for _, scalar := range scalars {
		texts = append(texts, scalar.Text)
	}
	return texts
}
