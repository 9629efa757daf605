package letters

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Codes of differences between a letter and its row.
const (
	codeOtherCircuit = "letter-other-circuit" // it names circuit {found}, not {want}
	codeNoCircuit    = "letter-no-circuit"    // it names neither {want} nor another circuit
	codeOtherCompany = "letter-other-company" // it names company {found}, not {want}
	codeNoCompany    = "letter-no-company"    // it does not name {want}
)

// Facts are what a letter should say.
type Facts struct {
	InstanceID string   // of the circuit
	Company    string   // that the letter is for
	Builder    string   // the construction company, which a letter may name too
	Private    []string // names of people, which no difference quotes: a company that contains one is ignored
}

// Difference is something on which a letter differs. Its sentence is in the catalogue.
type Difference struct {
	Code  string
	Want  string // what the row says
	Found string // what the letter says; empty if nothing comparable
}

// Certain reports whether a letter says something else rather than nothing: the content of letters is not
// documented, so one that does not name its circuit may be right.
func (d Difference) Certain() bool { return d.Code == codeOtherCircuit || d.Code == codeOtherCompany }

// OfCompany reports whether a difference is about the company rather than the circuit.
func (d Difference) OfCompany() bool { return d.Code == codeOtherCompany || d.Code == codeNoCompany }

// Compare compares a letter's text with the facts: first the circuit, then the company.
//
// Extracted text has spaces, line breaks and hyphens that are not on the page, lacks others that are, and
// contains characters in compatibility forms, such as full-width letters. So only letters and digits
// count, in lower case and after normalisation (NFKC). A name may continue on a later line, with another
// column's text in between.
//
// Every letter names other companies: Alibaba Cloud, the construction company, a carrier. Only a label
// such as "Company name" or 公司名称 tells which one the letter is for.
func Compare(text string, f Facts) []Difference {
	t := parse(text)
	var list []Difference
	if f.InstanceID != "" {
		list = append(list, t.compareCircuit(f)...)
	}
	if len(fold(f.Company)) >= 2 {
		list = append(list, t.compareCompany(f)...)
	}
	for i, d := range list {
		if f.quotesName(d) {
			list[i] = Difference{codeNoCompany, f.Company, ""}
		}
	}
	return list
}

// quotesName reports whether a difference quotes somebody's name.
func (f Facts) quotesName(d Difference) bool {
	found := string(fold(d.Found))
	return slices.ContainsFunc(f.Private, func(name string) bool {
		bare := fold(name)
		return len(bare) > 1 && strings.Contains(found, string(bare))
	})
}

// hyphenMark is PDFium's character for a hyphen at the end of a line.
const hyphenMark = '\x02'

// page is a text in two forms: normalised, and reduced to its letters and digits.
type page struct {
	raw  []rune
	bare []rune
	at   []int // for each rune of bare, its index in raw
}

func parse(text string) page {
	p := page{raw: []rune(norm.NFKC.String(radicals.Replace(text)))}
	for i, r := range p.raw {
		if counts(r) {
			p.bare = append(p.bare, unicode.ToLower(r))
			p.at = append(p.at, i)
		}
	}
	return p
}

func fold(text string) []rune { return parse(text).bare }

func counts(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// radicals are characters that the fonts of Chinese PDFs confuse with similar ones, and that NFKC keeps distinct
// (Unicode, EquivalentUnifiedIdeograph.txt).
var radicals = strings.NewReplacer(
	"⻄", "西", "⻅", "见", "⻆", "角", "⻉", "贝", "⻋", "车", "⻓", "长", "⻔", "门", "⻘", "青", "⻙", "韦", "⻚", "页", "⻛", "风", "⻜", "飞",
	"⻝", "食", "⻢", "马", "⻣", "骨", "⻤", "鬼", "⻥", "鱼", "⻦", "鸟", "⻧", "卤", "⻨", "麦", "⻩", "黄", "⻬", "齐", "⻮", "齿", "⻰", "龙",
	"⻳", "龟", "⺠", "民", "⺟", "母", "⺩", "王", "⼾", "户",
)

// has reports whether the page has a name, in one piece or, failing that, wrapped between columns.
func (p page) has(name []rune) (whole, wrapped bool) {
	if index(p.bare, name) >= 0 {
		return true, false
	}
	return false, len(p.bare) <= maxWrapped && p.wrapped(name, 3)
}

// startsAt reports whether the bare text continues with a name from an index of raw on.
func (p page) startsAt(raw int, name []rune) bool {
	i, _ := slices.BinarySearch(p.at, raw)
	return len(p.bare)-i >= len(name) && slices.Equal(p.bare[i:i+len(name)], name)
}

// Limits of the search for wrapped names, in letters and digits: of the text, which has a few thousand, and of
// what is between two pieces.
const (
	maxWrapped = 20_000
	maxBetween = 250
)

// wrapped reports whether a name consists of at most pieces pieces, each but the last at the end of a column, the
// next at the start of one, one or two lines below.
func (p page) wrapped(name []rune, pieces int) bool {
	for i := range p.bare {
		for n := common(p.bare[i:], name); n >= 2; n-- {
			if p.closes(i+n-1) && p.continues(name[n:], i+n, pieces-1) {
				return true
			}
		}
	}
	return false
}

// continues looks for the rest of a name in the lines below a piece, whose end is an index of bare.
func (p page) continues(name []rune, end, pieces int) bool {
	breaks := 0
	for i := end; i < min(len(p.bare), end+maxBetween) && breaks <= 2; i++ {
		for _, r := range p.raw[p.at[i-1]:p.at[i]] {
			if r == '\n' {
				breaks++
			}
		}
		if breaks < 1 || breaks > 2 || p.bare[i] != name[0] || !p.opens(i) {
			continue
		}
		n := common(p.bare[i:], name)
		if n == len(name) {
			return true
		}
		for ; n >= 2 && pieces > 1; n-- {
			if p.closes(i+n-1) && p.continues(name[n:], i+n, pieces-1) {
				return true
			}
		}
	}
	return false
}

// opens reports whether a rune of bare, and punctuation before it, is preceded by white space.
func (p page) opens(i int) bool {
	for j := p.at[i] - 1; j >= 0; j-- {
		if unicode.IsSpace(p.raw[j]) {
			return true
		}
		if counts(p.raw[j]) {
			return false
		}
	}
	return true
}

// closes reports whether a rune of bare, and punctuation after it, is followed by white space.
func (p page) closes(i int) bool {
	for j := p.at[i] + 1; j < len(p.raw); j++ {
		if unicode.IsSpace(p.raw[j]) || p.raw[j] == hyphenMark {
			return true
		}
		if counts(p.raw[j]) {
			return false
		}
	}
	return true
}

// compareCircuit looks for the circuit's ID and others': pc-, then lower-case letters and digits, all of the same
// length in a region. One that begins with ours but is longer is ours with the next word attached; one that
// is only the beginning of ours is ours, wrapped.
func (p page) compareCircuit(f Facts) []Difference {
	ours := fold(f.InstanceID)
	whole, wrapped := p.has(ours)
	var others []string
	for i := range p.raw {
		id, ok := p.instanceAt(i, len(f.InstanceID))
		if !ok || p.startsAt(i, ours) || strings.HasPrefix(f.InstanceID, id) || slices.Contains(others, id) {
			continue
		}
		others = append(others, id)
	}
	switch {
	case len(others) > 0:
		return []Difference{{codeOtherCircuit, f.InstanceID, strings.Join(others[:min(3, len(others))], ", ")}}
	case !whole && !wrapped:
		return []Difference{{codeNoCircuit, f.InstanceID, ""}}
	}
	return nil
}

// instanceAt returns the circuit ID that starts at an index of raw. If a line ends before the ID is long enough,
// it continues on the next.
func (p page) instanceAt(i, length int) (id string, ok bool) {
	if i+4 > len(p.raw) || p.raw[i] != 'p' || p.raw[i+1] != 'c' || i > 0 && isIDRune(p.raw[i-1]) {
		return "", false
	}
	i = p.skip(i + 2)
	if i >= len(p.raw) || !isHyphen(p.raw[i]) {
		return "", false
	}
	i++
	text, digits := []rune("pc-"), 0
	for i < len(p.raw) {
		r := p.raw[i]
		if next := p.skip(i); next > i && len(text) < length && slices.Contains(p.raw[i:next], '\n') {
			i = next
			continue
		}
		if r < '0' || r > '9' && r < 'a' || r > 'z' {
			break
		}
		if r <= '9' {
			digits++
		}
		text = append(text, r)
		i++
	}
	const shortest = len("pc-") + 5 // pc-based is a word
	return string(text[:min(len(text), 64)]), len(text) >= shortest && digits > 0
}

// skip returns the index of the next rune that is not white space.
func (p page) skip(i int) int {
	for i < len(p.raw) && unicode.IsSpace(p.raw[i]) {
		i++
	}
	return i
}

// isIDRune reports whether a rune before pc- means that it is part of another word, such as vpc-.
func isIDRune(r rune) bool { return r < utf8.RuneSelf && (counts(r) || r == '-') }

func isHyphen(r rune) bool {
	return r == hyphenMark || r == '\u00ad' || r == '\u2212' || unicode.Is(unicode.Pd, r)
}

// label finds what a letter says the company is. After the words for a company its name may take several lines,
// and ends with a company's legal form.
var label = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(labelled) })

const labelled = `(?:(?:^|[\s:;,.|])(?:公司名称|企业名称|单位名称|客户名称|用户名称|客户单位|用户单位|申请公司|申请单位|申请公司名称|申请单位名称|被授权单位)|(?i:(?:^|[\n:;|])[ \t]*(?:company name|customer name|customer|applicant|client name|name of company)))[\s:|]+` +
	`([\p{Han}\p{Latin}\d()·&.,'’\-\s]{2,80}?(?:有限责任公司|有限公司|公司|集团|Co\.\s?,?\s*Ltd|Ltd|Limited|Inc|GmbH|LLC|Corporation|Corp|PLC|S\.A|B\.V|N\.V|Sdn\.?\s*Bhd))(?:[^\p{Latin}]|$)`

// neutral are companies that letters name in other roles, folded.
var neutral = []string{"阿里云", "阿里巴巴", "alibaba", "aliyun", "中国电信", "中国联通", "中国移动", "chinatelecom", "chinaunicom", "chinamobile"}

// compareCompany looks for the company's name, and for another one after a label.
func (p page) compareCompany(f Facts) []Difference {
	ours, builder := fold(f.Company), fold(f.Builder)
	whole, wrapped := p.has(ours)
	if wrapped {
		return nil // and labels are mixed up with other columns
	}
	text := string(p.raw)
	for _, m := range label().FindAllStringSubmatchIndex(text, -1) {
		value := onOneLine(text[m[2]:m[3]])
		start := utf8.RuneCountInString(text[:m[2]])
		if p.startsAt(start, ours) || len(builder) > 0 && p.startsAt(start, builder) || isNeutral(value) {
			continue
		}
		return []Difference{{codeOtherCompany, f.Company, value}}
	}
	if !whole {
		return []Difference{{codeNoCompany, f.Company, ""}}
	}
	return nil
}

// onOneLine joins the lines of a name; Chinese has no spaces to put between them.
func onOneLine(name string) string {
	between := " "
	if strings.IndexFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 {
		between = ""
	}
	lines := strings.Split(name, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, between)
}

func isNeutral(company string) bool {
	bare := string(fold(company))
	return slices.ContainsFunc(neutral, func(n string) bool { return strings.HasPrefix(bare, n) })
}

// index returns where part begins in text, or -1.
func index(text, part []rune) int {
	for i := 0; i+len(part) <= len(text); i++ {
		if text[i] == part[0] && slices.Equal(text[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// common returns how many leading runes two texts have in common.
func common(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
