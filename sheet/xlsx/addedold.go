package xlsx

import (
	"io"
	"path"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// addedEarlier finds the sheets that an earlier run added, by the name under which it
// did: they bear a hidden defined name of their own, which stays with a sheet however
// it is renamed and moved. A sheet of the user's that happens to have such a name is
// none of them.
func (cp *copier) addedEarlier() (map[string]int, error) {
	tz, err := cp.OpenXML(cp.book.Part)
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		var bad bool
		if t.Kind != xmltok.StartTag || t.Depth != 3 || t.Empty || !t.Is("definedName") || t.Value("name", &bad) != markerName {
			continue
		}
		at, ok := read.NumberAttr(t, "localSheetId")
		var text []byte
		for {
			if t, err = tz.Next(); err != nil {
				return nil, tz.NoEOF(err)
			}
			if t.Kind == xmltok.EndTag && t.Depth == 3 {
				break
			}
			if text, err = t.Text(text); err != nil {
				return nil, err
			}
		}
		if ok && at < len(cp.book.Sheets) && cp.book.Sheets[at].Kind == "worksheet" {
			name := strings.Trim(strings.TrimSpace(string(text)), `"`)
			found[strings.ReplaceAll(name, `""`, `"`)] = at
		}
	}
}

// dropBelow takes out what belongs to a sheet that is replaced: its relationships, and
// the parts that are reached through them only, such as its chart.
func (cp *copier) dropBelow(part string) error {
	users, err := cp.users()
	if err != nil {
		return err
	}
	goes := map[string]bool{opc.PartKey(part): true}
	queue := []string{part}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		rels, err := cp.Relationships(from)
		if err != nil {
			return err
		}
		if name := opc.RelsPart(from); cp.File(name) != nil {
			cp.parts.dropped[opc.PartKey(name)] = true
		}
		for _, r := range rels {
			key := opc.PartKey(r.Target)
			if r.External || goes[key] || cp.File(r.Target) == nil || !all(users[key], goes) {
				continue
			}
			goes[key] = true
			cp.parts.dropped[key] = true
			queue = append(queue, r.Target)
		}
	}
	return nil
}

// users tells for every part which parts have relationships to it, all by partKey; that
// of the package is "".
func (cp *copier) users() (map[string][]string, error) {
	users := map[string][]string{}
	for _, f := range cp.Zip.File {
		key := opc.PartKey(f.Name)
		dir, file := path.Split(key)
		owner, isRels := strings.CutSuffix(file, ".rels")
		if !isRels || !strings.HasSuffix(dir, "_rels/") {
			continue
		}
		owner = strings.TrimSuffix(dir, "_rels/") + owner
		rels, err := cp.Relationships(owner)
		if err != nil {
			return nil, err
		}
		for _, r := range rels {
			if !r.External {
				users[opc.PartKey(r.Target)] = append(users[opc.PartKey(r.Target)], owner)
			}
		}
	}
	return users, nil
}

func all(keys []string, in map[string]bool) bool {
	for _, k := range keys {
		if !in[k] {
			return false
		}
	}
	return true
}
