package files

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// Target says where a run writes its files.
type Target struct {
	RunID   string
	Path    string // of the copy; "" for none
	Reports []Report
	Force   bool // --force

	// To is where the input will be moved for each exit code, "" if it stays; may be nil.
	To      func(code int) string
	Outside bool // -o decides where the copy goes
}

// Of returns the target of a run that this process has joined: files named after a run of its own
// are named after that run instead.
func (t Target) Of(runID string) Target {
	own := t.RunID
	if runID == own {
		return t
	}
	renamed := func(path string) string {
		return filepath.Join(filepath.Dir(path), strings.Replace(filepath.Base(path), own, runID, 1))
	}
	if t.Path != "" {
		t.Path = renamed(t.Path)
	}
	t = t.renamed(renamed)
	t.RunID = runID
	return t
}

// renamed returns the target with other paths of its reports.
func (t Target) renamed(path func(string) string) Target {
	t.Reports = slices.Clone(t.Reports)
	for i := range t.Reports {
		t.Reports[i].Path = path(t.Reports[i].Path)
	}
	return t
}

// Along returns the target with the copy and its reports beside where the input will be
// moved for an exit code, and that path.
func (t Target) Along(code int) (Target, string) {
	if t.To == nil {
		return t, ""
	}
	to := t.To(code)
	if to == "" || t.Outside {
		return t, to
	}
	beside := func(path string) string { return filepath.Join(filepath.Dir(to), filepath.Base(path)) }
	t.Path = beside(t.Path)
	return t.renamed(beside), to
}

// Claim decides where the reports of an input go, and checks whether the copy, if there is to be
// one, and the reports can be written. recorded asks the ledger about reports.
func (t *Target) Claim(c *Claims, lines *console.Lines, input string, kinds []string, recorded func(path, sum string) bool) error {
	if t.Path != "" {
		if err := c.claimFree(lines, CopyFlag, &t.Path); err != nil {
			return err
		}
		if err := checkCopy(input, t.Path, t.Force); err != nil {
			return err
		}
	}
	t.Reports = Reports(cmp.Or(t.Path, CopyPath(input, "", false, t.RunID)), kinds)
	for i := range t.Reports {
		r := &t.Reports[i]
		r.Path = Follow(lines, r.Path)
		if err := c.claimFree(lines, "--report "+r.Kind, &r.Path); err != nil {
			return err
		}
	}
	return checkReports(t.Reports, t.Path, t.Force, recorded)
}

// claimFree claims the file at a path or, if a program has it open, one beside it, which the
// path becomes.
func (c *Claims) claimFree(lines *console.Lines, flag string, path *string) error {
	if err := c.Write(flag, *path); err != nil {
		return err
	}
	free := BesideOpen(lines, *path)
	if free == *path {
		return nil
	}
	*path = free
	return c.Write(flag, free)
}

// checkCopy checks before anything is sent that the copy can be written: its folder exists
// and is writable, and a file of that name may be replaced. Temporary copies left by a run that was
// killed are removed.
func checkCopy(input, path string, force bool) error {
	if want := Extension(input); !strings.EqualFold(filepath.Ext(path), want) {
		return exit.Failure(exit.Usage, "output-extension", nil, "file", path, "extension", want)
	}
	if err := CheckReplace(path, force, Sealed); err != nil {
		return err
	}
	durable.RemoveStale(filepath.Dir(path))
	if err := durable.CheckFolder(filepath.Dir(path)); err != nil {
		return exit.Failure(exit.Usage, "output-unwritable", err, "file", path, "reason", exit.Cause(err))
	}
	return nil
}

// Extension returns the extension that the copy must have: programs refuse to open a
// workbook with macros unless it is named .xlsm, and one without macros if it is.
func Extension(input string) string {
	if strings.EqualFold(filepath.Ext(input), ".xlsm") {
		return ".xlsm"
	}
	return ".xlsx"
}

// RunIDTime is the layout of the time in the ID of a run, and runIDForm the pattern of the ID.
const (
	RunIDTime = "20060102-150405"
	runIDForm = `[0-9]{8}-[0-9]{6}-[0-9a-z]{5}`
)

// resultsName matches the default name of a results copy, without its extension.
var resultsName = regexp.MustCompile(`\.results-` + runIDForm + `$`)

// CopyPath returns the path of the results copy: -o itself; a file in -o if that is a
// folder or there are several inputs; otherwise beside the input, named after the run. The
// run's ID replaces that of a results copy used as input, or names would grow every night.
func CopyPath(in, output string, several bool, runID string) string {
	base := filepath.Base(in)
	ext := filepath.Ext(base)
	name := resultsName.ReplaceAllString(strings.TrimSuffix(base, ext), "") + ".results-" + runID + Extension(in)
	switch {
	case output == "":
		return filepath.Join(filepath.Dir(in), name)
	case several || IsFolder(output):
		return filepath.Join(output, name)
	}
	return output
}

// IsFolder reports whether there is a folder at a path.
func IsFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Kinds lists what --report takes.
var Kinds = []string{"csv", "json", "html"}

// Report is a report to be written.
type Report struct {
	Kind, Path string
	Found      string // digest of the file that it may replace; "" for none
}

// Reports returns the reports beside a copy.
func Reports(beside string, kinds []string) []Report {
	base := strings.TrimSuffix(beside, filepath.Ext(beside))
	var list []Report
	for _, kind := range Kinds {
		if slices.Contains(kinds, kind) {
			list = append(list, Report{Kind: kind, Path: base + "." + kind})
		}
	}
	return list
}

// ReportName matches the names of reports beside a results copy.
var ReportName = regexp.MustCompile(`\.results-` + runIDForm + `\.(csv|html|json)$`)

// Sealed reports whether a file is an unchanged copy.
func Sealed(f *os.File, size int64) bool {
	_, ok := xlsx.Sealed(f, size)
	return ok
}

// checkReports checks whether reports may be written, beside a copy at path, and keeps the
// digests of those that they replace. recorded asks the ledger.
func checkReports(reports []Report, copyPath string, force bool, recorded func(path, sum string) bool) error {
	var seal string
	if f, err := os.Open(copyPath); err == nil {
		if info, err := f.Stat(); err == nil && durable.IsFile(info.Mode()) {
			seal, _ = xlsx.Sealed(f, info.Size())
		}
		f.Close()
	}
	for i := range reports {
		r := &reports[i]
		err := CheckReplace(r.Path, force, func(f *os.File, _ int64) bool {
			r.Found = Digest(f)
			return r.Found != "" && (strings.Contains(seal, SealLine(r.Kind, r.Found)) || recorded(r.Path, r.Found))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// SealLine is the line about a report in the seal of its copy.
func SealLine(kind, sum string) string { return kind + " " + sum + "\n" }

// BesideOpen returns the path itself or, if a program has the file there open and would
// neither show nor keep what replaces it, the next free name in the same folder, and says so.
func BesideOpen(lines *console.Lines, path string) string {
	if _, err := os.Lstat(path); err != nil {
		return path
	}
	lock, said := LockOf(path), "output-open-locked"
	if lock == "" {
		if !durable.InUse(path) {
			return path
		}
		said = "output-open"
	}
	ext := filepath.Ext(path)
	for n := 2; ; n++ {
		second := strings.TrimSuffix(path, ext) + "-" + strconv.Itoa(n) + ext
		if _, err := os.Lstat(second); err != nil { // whether it can be written is found out later
			lines.Warn(said, map[string]string{"file": path, "lock": lock, "second": second})
			return second
		}
	}
}
