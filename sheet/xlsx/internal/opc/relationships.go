package opc

import (
	"net/url"
	"path"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Relationship is one entry of a part's relationships (ECMA-376 part 2, 6.5).
type Relationship struct {
	ID       string
	Kind     string // last segment of its type: worksheet, sharedStrings, styles …; the same in Strict and Transitional form
	TypeURI  string
	Target   string // part name without a leading slash; as written when external
	External bool
}

// maxListed limits the entries of a list of relationships or content types.
const maxListed = 50_000

// RelsPart returns the name of the part with the relationships of a part, or of the package
// for "".
func RelsPart(part string) string {
	dir, file := path.Split(part)
	return dir + "_rels/" + file + ".rels"
}

// Relationships reads the relationships of a part, if it has any.
func (c *Container) Relationships(part string) ([]Relationship, error) {
	name := RelsPart(part)
	if c.File(name) == nil {
		return nil, nil
	}
	tz, err := c.OpenXML(name)
	if err != nil {
		return nil, err
	}
	var rels []Relationship
	seen := map[string]bool{}
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag || string(t.Local) != "Relationship" {
			continue
		}
		var bad bool
		r := Relationship{ID: t.Value("Id", &bad), TypeURI: t.Value("Type", &bad), Target: t.Value("Target", &bad)}
		r.External = t.Value("TargetMode", &bad) == "External"
		r.Kind = r.TypeURI[strings.LastIndexByte(r.TypeURI, '/')+1:]
		if len(rels) == maxListed {
			return nil, tz.ErrorAt(t, "part-list-long")
		}
		if bad || r.ID == "" || seen[r.ID] {
			return nil, tz.ErrorAt(t, "part-relationship")
		}
		seen[r.ID] = true
		if !r.External {
			r.Target = Resolve(part, r.Target)
		}
		rels = append(rels, r)
	}
	return rels, nil
}

// Named returns the parts that relationships of any part point to, by PartKey, whether or not
// they exist. A list is read up to its first error.
func (c *Container) Named() map[string]bool {
	named := map[string]bool{}
	for _, f := range c.Zip.File {
		owner, ok := RelsOwner(PartKey(f.Name))
		if !ok {
			continue
		}
		tz, err := c.OpenXML(f.Name)
		if err != nil {
			continue
		}
		for t, err := range tz.All() {
			if err != nil {
				break
			}
			var bad bool
			if t.Kind == xmltok.StartTag && string(t.Local) == "Relationship" && t.Value("TargetMode", &bad) != "External" {
				named[PartKey(Resolve(owner, t.Value("Target", &bad)))] = true
			}
		}
	}
	return named
}

// RelsOwner returns the part whose relationships are in a part, or "" for the package. It
// reports whether the part is for relationships at all.
func RelsOwner(part string) (owner string, ok bool) {
	dir, file := path.Split(part)
	owner, ok = strings.CutSuffix(file, ".rels")
	dir, below := strings.CutSuffix(dir, "_rels/")
	return dir + owner, ok && below
}

// Resolve returns the part that a relationship of a part points to.
func Resolve(part, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if u, err := url.PathUnescape(target); err == nil {
		target = u
	}
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", path.Dir(part), target)
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// OfKind returns the first internal relationship of a kind.
func OfKind(rels []Relationship, kind string) (Relationship, bool) {
	for _, r := range rels {
		if r.Kind == kind && !r.External {
			return r, true
		}
	}
	return Relationship{}, false
}

// ContentTypes is the package's list of content types (ECMA-376 part 2, 6.2.3).
type ContentTypes struct {
	byExtension map[string]string // lower case, without the dot
	byPart      map[string]string // by PartKey
}

// ContentTypesPart is the name of the list, the only fixed name of a part.
const ContentTypesPart = "[Content_Types].xml"

// ContentTypes reads the list.
func (c *Container) ContentTypes() (*ContentTypes, error) {
	tz, err := c.OpenXML(ContentTypesPart)
	if err != nil {
		return nil, err
	}
	ct := &ContentTypes{byExtension: map[string]string{}, byPart: map[string]string{}}
	for t, err := range tz.All() {
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
			ct.byPart[PartKey(t.Value("PartName", &bad))] = typ
		}
		if bad {
			return nil, tz.ErrorAt(t, "part-malformed")
		}
		if len(ct.byExtension)+len(ct.byPart) > maxListed {
			return nil, tz.ErrorAt(t, "part-list-long")
		}
	}
	return ct, nil
}

// Overrides reports whether the list has an entry for the part itself.
func (ct *ContentTypes) Overrides(part string) bool {
	_, ok := ct.byPart[PartKey(part)]
	return ok
}

// Of returns the content type of a part, or "".
func (ct *ContentTypes) Of(part string) string {
	key := PartKey(part)
	if typ, ok := ct.byPart[key]; ok {
		return typ
	}
	return ct.byExtension[strings.TrimPrefix(path.Ext(key), ".")]
}
