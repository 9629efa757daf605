package xlsx

import (
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// relationship is one entry of a part's relationships (ECMA-376 part 2, 6.5).
type relationship struct {
	id       string
	kind     string // last segment of its type: worksheet, sharedStrings, styles …; the same in Strict and Transitional form
	typeURI  string
	target   string // part name without a leading slash; as it stands when external
	external bool
}

// maxListed bounds the entries of a list of relationships or content types.
const maxListed = 50_000

// relsOf gives the name of the part that holds the relationships of a part; those of
// the package itself for "".
func relsOf(part string) string {
	dir, file := path.Split(part)
	return dir + "_rels/" + file + ".rels"
}

// relationships reads the relationships of a part, none when it has none.
func (c *container) relationships(part string) ([]relationship, error) {
	name := relsOf(part)
	if c.file(name) == nil {
		return nil, nil
	}
	tz, err := c.openXML(name)
	if err != nil {
		return nil, err
	}
	var rels []relationship
	seen := map[string]bool{}
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return rels, nil
		}
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag || string(t.Local) != "Relationship" {
			continue
		}
		var bad bool
		r := relationship{id: t.Value("Id", &bad), typeURI: t.Value("Type", &bad), target: t.Value("Target", &bad)}
		r.external = t.Value("TargetMode", &bad) == "External"
		r.kind = r.typeURI[strings.LastIndexByte(r.typeURI, '/')+1:]
		if len(rels) == maxListed {
			return nil, tz.ErrorAt(t, "part-list-long")
		}
		if bad || r.id == "" || seen[r.id] {
			return nil, tz.ErrorAt(t, "part-relationship")
		}
		seen[r.id] = true
		if !r.external {
			r.target = resolve(part, r.target)
		}
		rels = append(rels, r)
	}
}

// resolve gives the part that a relationship of a part points to.
func resolve(part, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if u, err := url.PathUnescape(target); err == nil {
		target = u
	}
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", path.Dir(part), target)
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// relOfKind gives the first relationship of a kind.
func relOfKind(rels []relationship, kind string) (relationship, bool) {
	for _, r := range rels {
		if r.kind == kind && !r.external {
			return r, true
		}
	}
	return relationship{}, false
}

// contentTypes is the package's list of content types (ECMA-376 part 2, 6.2.3).
type contentTypes struct {
	byExtension map[string]string // lower case, without the dot
	byPart      map[string]string // by partKey
}

// contentTypesPart is the name of the list, the one name that is fixed.
const contentTypesPart = "[Content_Types].xml"

// contentTypes reads the list.
func (c *container) contentTypes() (*contentTypes, error) {
	tz, err := c.openXML(contentTypesPart)
	if err != nil {
		return nil, err
	}
	ct := &contentTypes{byExtension: map[string]string{}, byPart: map[string]string{}}
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return ct, nil
		}
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag {
			continue
		}
		var bad bool
		switch typ := t.Value("ContentType", &bad); string(t.Local) {
		case "Default":
			ct.byExtension[strings.ToLower(t.Value("Extension", &bad))] = typ
		case "Override":
			ct.byPart[partKey(t.Value("PartName", &bad))] = typ
		}
		if bad {
			return nil, tz.ErrorAt(t, "part-malformed")
		}
		if len(ct.byExtension)+len(ct.byPart) > maxListed {
			return nil, tz.ErrorAt(t, "part-list-long")
		}
	}
}

// of gives the content type of a part, "" when it has none.
func (ct *contentTypes) of(part string) string {
	key := partKey(part)
	if typ, ok := ct.byPart[key]; ok {
		return typ
	}
	return ct.byExtension[strings.TrimPrefix(path.Ext(key), ".")]
}
