package xlsx

import (
	"io"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// tableInfo is what is known of a table (ECMA-376 part 1, 18.5.1).
type tableInfo struct {
	part    string
	name    string // as people see it
	ref     sheet.Range
	columns []tableColumn
	plain   bool // a table of its own: not filled by a query, not mapped to XML, with a header row
	filter  bool // it has a filter
	totals  int  // how many of its last rows are totals
}

type tableColumn struct {
	id   int
	name string
}

// readTable reads a table's part.
func readTable(c *opc.Container, part string) (*tableInfo, error) {
	tz, err := c.OpenXML(part)
	if err != nil {
		return nil, err
	}
	info := &tableInfo{part: part}
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return info, nil
		}
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag || !t.Space.Main() {
			continue
		}
		var bad bool
		switch local := string(t.Local); {
		case t.Depth == 1:
			ref, _ := t.Attr("ref")
			var ok bool
			if info.ref, ok = parseRange(ref); !ok || local != "table" {
				return nil, tz.ErrorAt(t, "part-wrong-root")
			}
			info.name = t.Value("displayName", &bad)
			info.totals, _ = numberAttr(t, "totalsRowCount")
			kind, headers := t.Value("tableType", &bad), t.Value("headerRowCount", &bad)
			info.plain = (kind == "" || kind == "worksheet") && (headers == "" || headers == "1")
		case t.Depth == 2 && local == "autoFilter":
			info.filter = true
		case t.Depth == 3 && local == "tableColumn":
			id, _ := numberAttr(t, "id")
			info.columns = append(info.columns, tableColumn{id, xmltok.UnescapeXString(t.Value("name", &bad))})
		}
		if bad {
			return nil, tz.ErrorAt(t, "part-malformed")
		}
	}
}

// tablesOf reads the tables of a sheet's part.
func tablesOf(c *opc.Container, rels []opc.Relationship) ([]*tableInfo, error) {
	var tables []*tableInfo
	for _, r := range rels {
		if r.Kind != "table" || r.External {
			continue
		}
		info, err := readTable(c, r.Target)
		if err != nil {
			return nil, err
		}
		tables = append(tables, info)
	}
	return tables, nil
}
