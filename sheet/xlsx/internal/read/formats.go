package read

import (
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// cellFormats tells for every cell format (xf of cellXfs) whether it shows a date or a
// time. It is nil for a workbook without styles.
type cellFormats []bool

// maxFormats bounds the list of cell formats; Excel's own limit is 65,490.
const maxFormats = 1 << 17

// date reports whether a cell with this format shows a date or a time.
func (f cellFormats) date(index int) bool { return index >= 0 && index < len(f) && f[index] }

// readFormats reads the styles part, as far as dates are concerned.
func readFormats(c *opc.Container, part string) (cellFormats, error) {
	if part == "" {
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
	codes := map[int]bool{} // custom number formats: is it a date?
	inFormats := false
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		var bad bool
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag && !t.Is("styleSheet"):
			return nil, tz.ErrorAt(t, "part-wrong-root")
		case t.Depth == 2 && t.Is("cellXfs"):
			inFormats = t.Kind == xmltok.StartTag && !t.Empty
		case t.Depth == 3 && t.Kind == xmltok.StartTag && inFormats && t.Is("xf"):
			id, err := strconv.Atoi(t.Value("numFmtId", &bad))
			date, custom := codes[id]
			formats = append(formats, err == nil && (custom && date || !custom && builtInDate(id)))
		case t.Depth == 3 && t.Kind == xmltok.StartTag && t.Is("numFmt"):
			if id, err := strconv.Atoi(t.Value("numFmtId", &bad)); err == nil {
				codes[id] = dateFormat(t.Value("formatCode", &bad))
			}
		}
		if bad {
			return nil, tz.ErrorAt(t, "part-malformed")
		}
		if len(formats) > maxFormats || len(codes) > maxFormats {
			return nil, tz.ErrorAt(t, "part-many-formats")
		}
	}
	return formats, nil
}

// builtInDate reports whether a number format without a code of its own shows a date
// or a time (ECMA-376 part 1, 18.8.30): 14–22 and 45–47 everywhere, 27–36 and 50–58 in
// the East Asian versions, 71–81 in the Thai one.
func builtInDate(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58 || id >= 71 && id <= 81
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
