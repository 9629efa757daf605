package cli_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"html"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// wantChinese wants no English in what was printed (stdout, stderr) or written, but for
// words that are the same in every language.
func wantChinese(ts *testscript.TestScript, _ bool, args []string) {
	found := false
	for _, name := range args {
		var chunks []string
		switch content := readOne(ts, name); filepath.Ext(name) {
		case ".xlsx":
			chunks = workbookTexts(ts, content)
		case ".html":
			chunks = pageTexts(string(content))
		case ".csv":
			records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff")))).ReadAll()
			ts.Check(err)
			chunks = slices.Concat(records...)
		case ".json":
			for _, m := range jsonSentence.FindAllStringSubmatch(string(content), -1) {
				chunks = append(chunks, m[2])
			}
		default:
			chunks = strings.Split(string(content), "\n")
		}
		for _, chunk := range chunks {
			if spelling(chunk) {
				continue
			}
			for _, word := range strayWords(chunk) {
				ts.Logf("%s: %q in %q", name, word, chunk)
				found = true
			}
		}
	}
	if found {
		ts.Fatalf("there are English words")
	}
}

// spelling reports whether a text is, as a whole, one of the spellings of a column's values
// that the formulas of the template accept.
func spelling(text string) bool {
	return slices.ContainsFunc(sheet.Columns, func(c sheet.Column) bool { return slices.Contains(c.Spellings(), text) })
}

// readOne reads the one file that a pattern matches, or an output of the last command.
func readOne(ts *testscript.TestScript, name string) []byte {
	if name == "stdout" || name == "stderr" {
		return []byte(ts.ReadFile(name))
	}
	matches, _ := filepath.Glob(ts.MkAbs(name))
	if len(matches) != 1 {
		ts.Fatalf("%s matches %d files", name, len(matches))
	}
	return []byte(ts.ReadFile(matches[0]))
}

var (
	jsonSentence  = regexp.MustCompile(`"(message|hint)": ?"((?:[^"\\]|\\.)*)"`)
	workbookText  = regexp.MustCompile(`(?s)<(?:\w+:)?t(?: [^>]*)?>(.*?)</(?:\w+:)?t>|<sheet [^>]*name="([^"]*)"|(?:prompt|error|promptTitle|errorTitle)="([^"]*)"`)
	pageHidden    = regexp.MustCompile(`(?s)<style>.*?</style>`)
	pageAttribute = regexp.MustCompile(`(?:aria-label|title|alt)="([^"]*)"`)
	pageTag       = regexp.MustCompile(`<[^>]*>`)
)

// workbookTexts returns the texts of a workbook that people see: cells, notes, names of
// sheets, prompts and the titles of charts.
func workbookTexts(ts *testscript.TestScript, content []byte) (texts []string) {
	parts, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	ts.Check(err)
	for _, part := range parts.File {
		if !strings.HasPrefix(part.Name, "xl/") || !strings.HasSuffix(part.Name, ".xml") {
			continue
		}
		r, err := part.Open()
		ts.Check(err)
		text, err := io.ReadAll(r)
		ts.Check(err)
		for _, m := range workbookText.FindAllStringSubmatch(string(text), -1) {
			texts = append(texts, html.UnescapeString(m[1]+m[2]+m[3]))
		}
	}
	return texts
}

// apiName matches names of the API's making, such as ApplyPhysicalConnectionLOA.
var apiName = regexp.MustCompile(`^[A-Z][a-z]+([A-Z]+[a-z]*)+$`)

// pageTexts returns the texts of a page that people see or hear.
func pageTexts(page string) (texts []string) {
	page = pageHidden.ReplaceAllString(page, "")
	for _, m := range pageAttribute.FindAllStringSubmatch(page, -1) {
		texts = append(texts, html.UnescapeString(m[1]))
	}
	for text := range strings.SplitSeq(pageTag.ReplaceAllString(page, "\n"), "\n") {
		texts = append(texts, html.UnescapeString(text))
	}
	return texts
}

// commandWords are the commands, which may follow the program's name or be all there is.
var commandWords = strings.Fields("template validate submit status report history simulator explain doctor version")

// latinWords are the words that are the same in Chinese: names, formats, units and values of
// the API and of flags.
var latinWords = wordSet(`loabatch API VPC LOA ID UTC SHA CSV JSON HTML Excel WPS LibreOffice Token RAM STS AccessKey SDK SQLite URL NTP PDF ISO IANA ASCII GB SDH DEBUG README devel
	RULE FILE DURATION PORT N error warning off offline online true false auto always never bar plain none
	Mbit s ms MiB PC IDC IDCard Passport Male Female MSTP MPLSVPN FIBRE Other pc cn arn acs environment oidc uri y N
	OK InstanceId RegionId EcsTest HK Unicode Asia DNS Secret SIGINT SIGQUIT SIGABRT SIGTERM SIGKILL`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	for _, r := range sheet.AllResults {
		set[string(r)] = true
	}
	for _, c := range sheet.Columns {
		set[c.Parameter] = true
	}
	for _, s := range strings.Fields("Applying Accept Available Rejected Completing Complete Deleted") {
		set[s] = true
	}
	for _, s := range strings.Fields("Initial Approved Allocating Allocated Confirmed Enabled Canceled Allocation Failed Terminated") {
		set[s] = true
	}
	return set
}

// strayWords returns the English words of a text: runs of letters that are not allowed, nor
// within a code, a flag, a path, a variable or anything else that has figures or marks.
func strayWords(text string) (stray []string) {
	text = strings.TrimSpace(text)
	if command, rest, _ := strings.Cut(text, "（"); slices.Contains(commandWords, command) {
		text = rest
	}
	runs := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || r > unicode.MaxLatin1 || strings.ContainsRune(`"|`, r)
	})
	for i, run := range runs {
		word := strings.Trim(run, "()[],;:!?'")
		_, code := prose.English.Entry(word)
		_, lost := prose.English.Entry("(" + word + ")")
		switch {
		case strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '.' }):
		case strings.Contains(strings.TrimRight(word, "."), "."):
		case apiName.MatchString(word):
		case len(word) < 2 || latinWords[strings.TrimRight(word, ".")]:
		case i > 0 && runs[i-1] == "loabatch" && slices.Contains(commandWords, word):
		case code && strings.Contains(run, "["+word):
		case lost && strings.HasPrefix(run, "("):
		default:
			stray = append(stray, word)
		}
	}
	return stray
}

// TestStrayWords checks that English sentences and labels are found, and names are not.
func TestStrayWords(t *testing.T) {
	for text, want := range map[string][]string{
		"专线!G2  错误  the region is missing":         {"the", "region", "is", "missing"},
		"copy    out.xlsx":                         {"copy"},
		"运行: 3 requests, 1.4s":                     {"requests"},
		"请运行：loabatch validate 申请表.xlsx":           nil,
		"请运行 loabatch submit --reapply 或查看 report": {"report"},
		"submit":        nil,
		"SUBMITTED 已受理": nil,
		"阿里云 VPC API：ApplyPhysicalConnectionLOA":                  nil,
		"请在控制台核对。 [InvalidInstanceId.NotFound] [OperationDenied]": nil,
	} {
		if got := strayWords(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
