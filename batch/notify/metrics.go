package notify

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// The metrics file is for the textfile collector of the node exporter, which reads it as another user: it
// is 0644 and replaced in one step. It contains the last run of each command and mode; a run replaces
// its own series and keeps the others, and the time of the last success survives failed runs. All
// metrics are gauges, since each run starts from zero.

// metricsPrefix begins the name of every metric.
const metricsPrefix = "loabatch_"

// maxMetrics is the maximum size of a metrics file in bytes. Ours has a few kilobytes.
const maxMetrics = 1 << 20

// lastStart and lastSuccess are kept from run to run.
const (
	lastStart   = metricsPrefix + "last_start_timestamp_seconds"
	lastSuccess = metricsPrefix + "last_success_timestamp_seconds"
)

// IsMetrics reports whether a file is one of ours.
func IsMetrics(r io.Reader) bool {
	families, err := parseMetrics(r)
	if err != nil || len(families) == 0 {
		return false
	}
	for name := range families {
		if !strings.HasPrefix(name, metricsPrefix) {
			return false
		}
	}
	return true
}

func parseMetrics(r io.Reader) (map[string]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(io.LimitReader(r, maxMetrics))
}

// modeReal is the mode of a command that is not a trial.
const modeReal = "real"

// mode is the label that keeps trial runs apart from real ones.
func (f Facts) mode() string {
	switch {
	case f.Simulated:
		return "simulated"
	case f.DryRun != "false" && f.DryRun != "":
		return "dry-run"
	}
	return modeReal
}

// labels are the labels of every series of a command.
func (f Facts) labels() prometheus.Labels {
	return prometheus.Labels{"command": f.Command, "mode": f.mode()}
}

// writeStart replaces the time at which the command last started.
func writeStart(path string, f Facts) error {
	g := newGauges(f)
	g.set(lastStart, "When the command started last.", nil, seconds(f.Started))
	return replaceMetrics(path, g, func(name string, own bool) bool { return !own || name != lastStart })
}

// writeEnd replaces everything that is known of the command, but keeps the time of its last success unless
// this was one.
func writeEnd(path string, e *ending) error {
	g := newGauges(e.Facts)
	g.set(lastStart, "When the command started last.", nil, seconds(e.Started))
	g.set(metricsPrefix+"last_end_timestamp_seconds", "When the command ended last.", nil, seconds(e.finished))
	g.set(metricsPrefix+"exit_code", "Exit code of the last run; 0 is a success.", nil, float64(e.exit))
	g.set(metricsPrefix+"duration_seconds", "How long the last run took.", nil, e.finished.Sub(e.Started).Seconds())
	g.set(metricsPrefix+"workbooks", "Workbooks of the last run.", nil, float64(len(e.runs)))
	succeeded := e.exit == 0
	if succeeded {
		g.set(lastSuccess, "When the command ended with exit code 0 last.", nil, seconds(e.finished))
	}
	requests, retries, throttled := e.requests()
	g.set(metricsPrefix+"requests", "Requests of the last run, retries included.", nil, float64(requests))
	g.set(metricsPrefix+"retries", "Retries of the last run.", nil, float64(retries))
	g.set(metricsPrefix+"throttled", "Answers of the last run that said that the quota was exceeded.", nil, float64(throttled))
	e.rowGauges(g)
	for _, u := range e.fullest() {
		labels := prometheus.Labels{"region": u.Key.Region, "api": u.Key.API}
		g.set(metricsPrefix+"quota_peak_requests", "Requests in the fullest window of a quota during the last run, those of all who share it.", labels, float64(u.Peak))
		g.set(metricsPrefix+"quota_limit_requests", "Requests that a window of the quota allows.", labels, float64(u.Rate.N))
		g.set(metricsPrefix+"quota_window_seconds", "Length of a window of the quota.", labels, u.Rate.Per.Seconds())
	}
	return replaceMetrics(path, g, func(name string, own bool) bool { return !own || name == lastSuccess && !succeeded })
}

// fullest lists, for each region and API, the quota that was used most: each account has its own.
func (e *ending) fullest() []quota.Use {
	var list []quota.Use
	for _, u := range e.uses {
		i := slices.IndexFunc(list, func(other quota.Use) bool { return other.Key.Region == u.Key.Region && other.Key.API == u.Key.API })
		switch {
		case i < 0:
			list = append(list, u)
		case u.Peak > list[i].Peak:
			list[i] = u
		}
	}
	return list
}

// rowGauges counts the rows by operation and result. For an operation with rows it includes every result,
// even with zero rows, so a series does not end when its count falls to zero.
func (e *ending) rowGauges(g *gauges) {
	counts := map[Row]int{}
	for _, r := range e.runs {
		for row, n := range r.Rows {
			counts[row] += n
		}
	}
	for row := range maps.Clone(counts) {
		for _, result := range sheet.AllResults {
			counts[Row{row.Operation, result}] += 0
		}
	}
	for row, n := range counts {
		labels := prometheus.Labels{"operation": row.Operation.String(), "result": string(row.Result)}
		g.set(metricsPrefix+"rows", "Rows of the last run by operation and result.", labels, float64(n))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// gauges are the series of one command.
type gauges struct {
	facts    Facts
	registry *prometheus.Registry
	byName   map[string]*prometheus.GaugeVec
}

func newGauges(f Facts) *gauges {
	return &gauges{f, prometheus.NewRegistry(), map[string]*prometheus.GaugeVec{}}
}

func (g *gauges) set(name, help string, labels prometheus.Labels, value float64) {
	v := g.byName[name]
	if v == nil {
		names := slices.Sorted(maps.Keys(labels))
		v = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: g.facts.labels()}, names)
		g.registry.MustRegister(v)
		g.byName[name] = v
	}
	v.With(labels).Set(value)
}

// own reports whether a series has the same command and mode.
func (g *gauges) own(m *dto.Metric) bool {
	labels := g.facts.labels()
	for _, pair := range m.GetLabel() {
		if want, ok := labels[pair.GetName()]; ok && want != pair.GetValue() {
			return false
		}
	}
	return true
}

// replaceMetrics writes the gauges into the file, and keeps the series that keep selects. What cannot be
// read is not kept: the file is ours alone.
func replaceMetrics(path string, g *gauges, keep func(name string, own bool) bool) error {
	old := map[string]*dto.MetricFamily{}
	if f, err := os.Open(path); err == nil {
		if families, err := parseMetrics(f); err == nil {
			old = families
		}
		f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kept := make([]*dto.MetricFamily, 0, len(old))
	for _, name := range slices.Sorted(maps.Keys(old)) {
		family := old[name]
		family.Metric = slices.DeleteFunc(family.Metric, func(m *dto.Metric) bool { return !keep(name, g.own(m)) })
		if len(family.Metric) > 0 && family.GetType() == dto.MetricType_GAUGE {
			kept = append(kept, family)
		}
	}
	all, err := prometheus.Gatherers{g.registry, prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return kept, nil })}.Gather()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, family := range all {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			return err
		}
	}
	return durable.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	}, durable.Share) // the collector runs as another user
}
