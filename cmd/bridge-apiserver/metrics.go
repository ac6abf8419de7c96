package main

import (
	stdsql "database/sql"

	"github.com/prometheus/client_golang/prometheus"
)

// poolMetrics exports the connection pools of the SQL backends.
type poolMetrics struct {
	backends *backends
	open     *prometheus.Desc
	inUse    *prometheus.Desc
	limit    *prometheus.Desc
	closed   *prometheus.Desc
}

func newPoolMetrics(opened *backends) *poolMetrics {
	describe := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"backend", "pool"}, nil)
	}
	return &poolMetrics{
		backends: opened,
		open:     describe("bridge_sql_connections_open", "Connections to the database."),
		inUse:    describe("bridge_sql_connections_in_use", "Connections that a request or the feed is using."),
		limit:    describe("bridge_sql_connections_limit", "Connections that may be open at most."),
		closed:   describe("bridge_sql_connections_closed_total", "Connections closed because they were idle or old."),
	}
}

// Describe implements prometheus.Collector.
func (m *poolMetrics) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{m.open, m.inUse, m.limit, m.closed} {
		descriptions <- description
	}
}

// Collect implements prometheus.Collector.
func (m *poolMetrics) Collect(metrics chan<- prometheus.Metric) {
	for name, backend := range m.backends.sql {
		stats := backend.Stats()
		m.collect(metrics, name, "read", stats.Readers)
		m.collect(metrics, name, "write", stats.Writers)
	}
}

func (m *poolMetrics) collect(metrics chan<- prometheus.Metric, backend, pool string, stats stdsql.DBStats) {
	send := func(description *prometheus.Desc, kind prometheus.ValueType, value float64) {
		metrics <- prometheus.MustNewConstMetric(description, kind, value, backend, pool)
	}
	send(m.open, prometheus.GaugeValue, float64(stats.OpenConnections))
	send(m.inUse, prometheus.GaugeValue, float64(stats.InUse))
	send(m.limit, prometheus.GaugeValue, float64(stats.MaxOpenConnections))
	send(m.closed, prometheus.CounterValue, float64(stats.MaxIdleClosed+stats.MaxIdleTimeClosed+stats.MaxLifetimeClosed))
}
