package read

import (
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// cellFormats holds the number format of every cell format (xf of cellXfs). It is nil for
// a workbook without styles.
type cellFormats []numberFormat

// numberFormat is what is known of a number format: whether it shows a date or a time, and
// its code, which is empty for General.
type numberFormat struct {
	date bool
	code string
}

// maxFormats bounds the list of cell formats; Excel's own limit is 65,490.
const maxFormats = 1 << 17

// at returns the number format of a cell format.
func (f cellFormats) at(index int) numberFormat {
	if index < 0 || index >= len(f) {
		return numberFormat{}
	}
	return f[index]
}

// readFormats reads the number formats of the styles part, none if it is missing: that is an error only if a cell
// needs them.
func readFormats(c *opc.Container, part string) (cellFormats, error) {
	if part == "" || c.File(part) == nil {
		return nil, nil
	}
	tz, err := c.OpenXML(part)
	if err != nil {
		return nil, err
	}
	return parseFormats(tz)
}

func parseFormats(tz *xmltok.Tokenizer) (cellFormats, error) {
	var formats cellFormats
	custom := map[int]numberFormat{}
	inFormats := false
	var alternatives xmltok.Alternatives
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		var bad bool
		depth := alternatives.Depth(tz, t)
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag && !t.Is("styleSheet"):
			return nil, tz.ErrorAt(t, "part-wrong-root")
		case depth == 2 && t.Is("cellXfs"):
			inFormats = t.Kind == xmltok.StartTag && !t.Empty
		case depth == 3 && t.Kind == xmltok.StartTag && inFormats && t.Is("xf"):
			id, err := strconv.Atoi(t.Value("numFmtId", &bad))
			format, found := custom[id]
			if !found && err == nil {
				format = numberFormat{builtInDate(id), builtInCode(id)}
			}
			formats = append(formats, format)
		case depth == 3 && t.Kind == xmltok.StartTag && t.Is("numFmt"):
			if id, err := strconv.Atoi(t.Value("numFmtId", &bad)); err == nil {
				code := t.Value("formatCode", &bad)
				custom[id] = numberFormat{dateFormat(code), code}
			}
		}
		if bad {
			return nil, tz.ErrorAt(t, "part-malformed")
		}
		if len(formats) > maxFormats || len(custom) > maxFormats {
			return nil, tz.ErrorAt(t, "part-many-formats")
		}
	}
	return formats, nil
}

// builtInDate reports whether a number format without its own code shows a date or a time (ECMA-376 part 1, 18.8.30): 14–22 and 45–47 everywhere, 27–36 and 50–58 in
// the East Asian versions, 71–81 in the Thai one.
func builtInDate(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58 || id >= 71 && id <= 81
}

// builtInCode returns the code of a built-in format for numbers (ECMA-376 part 1, 18.8.30).
// The currency of the formats for money, 5 to 8, 42 and 44, depends on the user's system.
func builtInCode(id int) string {
	switch id {
	case 1:
		return "0"
	case 2:
		return "0.00"
	case 3, 37, 38:
		return "#,##0"
	case 4, 39, 40:
		return "#,##0.00"
	case 5, 6, 42:
		return "¤#,##0"
	case 7, 8, 44:
		return "¤#,##0.00"
	case 9:
		return "0%"
	case 10:
		return "0.00%"
	case 11, 48:
		return "0.00E+00"
	case 12, 13:
		return "# ?/?"
	case 41:
		return "_ * #,##0_ "
	case 43:
		return "_ * #,##0.00_ "
	}
	return ""
}

// dateFormat reports whether a format code shows a date or a time: whether its first
// section has a letter of a date or time outside quotes, escapes, colours
// and locales (ECMA-376 part 1, 18.8.31).
func dateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return false
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return false
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return false
			}
			if elapsed(code[i+1 : i+end]) {
				return true
			}
			i += end
		case 'G', 'g':
			if len(code) >= i+len("General") && strings.EqualFold(code[i:i+len("General")], "General") {
				i += len("General") - 1
			} else {
				return true // era
			}
		case 'E', 'e':
			if i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				continue // exponent
			}
			return true // year of the era
		case 'a', 'A':
			if len(code) >= i+len("A/P") && strings.EqualFold(code[i:i+len("A/P")], "A/P") {
				return true // half of the day
			}
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S', 'b', 'B':
			return true
		}
	}
	return false
}

// elapsed reports whether a bracket shows elapsed time: [h], [mm], [ss].
func elapsed(in string) bool {
	in = strings.ToLower(in)
	return in != "" && (strings.Trim(in, "h") == "" || strings.Trim(in, "m") == "" || strings.Trim(in, "s") == "")
}
