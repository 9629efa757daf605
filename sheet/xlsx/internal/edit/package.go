package edit

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Defect is something in a workbook that ECMA-376 forbids and that makes some program
// refuse or repair the file, although all parts are intact.
type Defect struct {
	Code string // copy-part-untyped, copy-listed-twice, copy-part-lost, copy-part-found, copy-list-count or copy-element-order
	Part string // that has the defect, as an opc.PartKey
	Name string // of what is wrong in it: an entry, a target, a list, an element
}

// Defects finds what is wrong with a workbook as a package: parts without a content type, duplicate entries of
// a list, references to missing parts, wrong counts of lists, and elements out of schema order.
func Defects(r io.ReaderAt, size int64) ([]Defect, error) {
	cp, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	d := defectFinder{Container: cp.Container}
	err = d.find(func(*zip.File) bool { return true })
	return d.found, err
}

// newDefects returns the defects of a copy that its source does not have. Only the parts
// that differ from those of the source are read, except for the lists of relationships,
// which a dropped part may affect.
func (v *verifier) newDefects() ([]Defect, error) {
	src := v.source
	changed := func(f *zip.File) bool {
		old := src.File(f.Name)
		return old == nil || old.CRC32 != f.CRC32 || old.UncompressedSize64 != f.UncompressedSize64
	}
	d := defectFinder{Container: v.copy.Container, outlines: v.outlines, found: v.foundParts()}
	if err := d.find(changed); err != nil || len(d.found) == 0 {
		return nil, err
	}
	before := defectFinder{Container: src.Container}
	if err := before.find(func(*zip.File) bool { return true }); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(d.found, func(x Defect) bool { return slices.Contains(before.found, x) }), nil
}

// foundParts returns what refers to nothing in the source but to an added part in the copy: a relationship, a
// content type, a list of relationships, an ID in the workbook's part. Styles that are referred to but
// missing are added on purpose.
func (v *verifier) foundParts() (found []Defect) {
	src := v.source
	named := src.Named()
	for _, f := range v.copy.Zip.File {
		key := opc.PartKey(f.Name)
		if _, rels := opc.RelsOwner(key); rels || src.File(f.Name) != nil || key == opc.PartKey(src.book.Styles) {
			continue
		}
		if named[key] || src.book.Types.Overrides(f.Name) || src.File(opc.RelsPart(key)) != nil {
			found = append(found, Defect{"copy-part-found", key, ""})
		}
	}
	had := map[string]bool{}
	for _, r := range src.book.Rels {
		had[r.ID] = true
	}
	for _, r := range v.copy.book.Rels {
		if !had[r.ID] && slices.Contains(src.book.RelIDs, r.ID) {
			found = append(found, Defect{"copy-part-found", opc.PartKey(r.Target), r.ID})
		}
	}
	return found
}

// defectFinder reads the lists of a package.
type defectFinder struct {
	*opc.Container
	outlines map[string]*outline // of parts that were read already, by opc.PartKey
	found    []Defect
}

func (d *defectFinder) add(code, part, name string) {
	if x := (Defect{code, opc.PartKey(part), name}); !slices.Contains(d.found, x) {
		d.found = append(d.found, x)
	}
}

// find reads all lists of relationships, the content types, and those of the other parts that are wanted. A
// part whose XML is damaged is left to those who need it.
func (d *defectFinder) find(wanted func(*zip.File) bool) error {
	if err := d.contentTypes(); err != nil {
		return err
	}
	for _, f := range d.Zip.File {
		key := opc.PartKey(f.Name)
		var err error
		switch {
		case strings.HasSuffix(key, ".rels") && path.Base(path.Dir(key)) == "_rels":
			err = d.relationships(f.Name)
		case d.outlines[key] != nil:
			d.outlines[key].end()
			d.found = append(d.found, d.outlines[key].found...)
		case strings.HasSuffix(key, ".xml") && key != opc.PartKey(opc.ContentTypesPart) && wanted(f):
			err = d.elements(f.Name)
		}
		if in := (*sheet.InputError)(nil); err != nil && !errors.As(err, &in) {
			return err
		}
	}
	return nil
}

// entries yields the elements of the second level of a part.
func (d *defectFinder) entries(part string, each func(t *xmltok.Token)) error {
	tz, err := d.OpenXML(part)
	if err != nil {
		return err
	}
	for t, err := range tz.All() {
		if err != nil {
			return err
		}
		if t.Kind == xmltok.StartTag && t.Depth == 2 {
			each(t)
		}
	}
	return nil
}

// contentTypes checks that every part has a type, and that the list of types has no entry
// twice or for a part that is missing.
func (d *defectFinder) contentTypes() error {
	types := map[string]string{} // by opc.PartKey with a slash before it, or by extension
	err := d.entries(opc.ContentTypesPart, func(t *xmltok.Token) {
		var bad bool
		var key string
		switch string(t.Local) {
		case "Default":
			key = strings.ToLower(t.Value("Extension", &bad))
		case "Override":
			name := t.Value("PartName", &bad)
			if key = "/" + opc.PartKey(name); d.File(name) == nil {
				d.add("copy-part-lost", opc.ContentTypesPart, key)
			}
		default:
			return
		}
		if _, twice := types[key]; twice {
			d.add("copy-listed-twice", opc.ContentTypesPart, key)
		}
		types[key] = t.Value("ContentType", &bad)
	})
	if err != nil {
		return err
	}
	for _, f := range d.Zip.File {
		key := opc.PartKey(f.Name)
		if strings.HasSuffix(key, "/") || key == opc.PartKey(opc.ContentTypesPart) {
			continue
		}
		if types["/"+key] == "" && types[strings.TrimPrefix(path.Ext(key), ".")] == "" {
			d.add("copy-part-untyped", f.Name, "")
		}
	}
	return nil
}

// relationships checks one list of relationships: no ID twice, no target missing.
func (d *defectFinder) relationships(part string) error {
	dir, file := path.Split(strings.ReplaceAll(part, `\`, "/"))
	owner := path.Join(path.Dir(path.Clean(dir)), file[:len(file)-len(".rels")])
	ids := map[string]bool{}
	return d.entries(part, func(t *xmltok.Token) {
		if string(t.Local) != "Relationship" {
			return
		}
		var bad bool
		id := t.Value("Id", &bad)
		if ids[id] {
			d.add("copy-listed-twice", part, id)
		}
		ids[id] = true
		if target := t.Value("Target", &bad); t.Value("TargetMode", &bad) != "External" && !d.has(owner, target) {
			d.add("copy-part-lost", part, opc.PartKey(opc.Resolve(owner, target)))
		}
	})
}

// has reports whether the part exists to which an internal relationship points. A target that is only a
// fragment is the part itself.
func (d *defectFinder) has(owner, target string) bool {
	target, _, _ = strings.Cut(target, "#")
	return target == "" || d.File(opc.Resolve(owner, target)) != nil
}

// elements checks a part whose root is one of those in schemas.
func (d *defectFinder) elements(part string) error {
	tz, err := d.OpenXML(part)
	if err != nil {
		return err
	}
	var o *outline
	for t, err := range tz.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Kind != xmltok.StartTag:
		case t.Depth > 1:
			o.tag(t)
		case !t.Space.Main() || schemas[string(t.Local)] == nil:
			return nil
		default:
			o = newOutline(string(t.Local), part)
		}
	}
	o.end()
	d.found = append(d.found, o.found...)
	return nil
}

// schemas holds, by root element, the order of the elements of the second level: those of
// CT_Workbook, CT_Worksheet, CT_Stylesheet and CT_Table (ECMA-376 part 1, 18.2.27,
// 18.3.1.99, 18.8.39, 18.5.1.2). A star marks those that may be repeated. The writers have their own
// tables, so an error in one of them shows.
var schemas = map[string][]string{
	"workbook": strings.Fields(`fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups
		externalReferences definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes
		webPublishing fileRecoveryPr* webPublishObjects extLst`),
	"worksheet": strings.Fields(`sheetPr dimension sheetViews sheetFormatPr cols* sheetData sheetCalcPr sheetProtection
		protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr
		conditionalFormatting* dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks
		colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF
		picture oleObjects controls webPublishItems tableParts extLst`),
	"styleSheet": strings.Fields(`numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst`),
	"table":      strings.Fields(`autoFilter sortState tableColumns tableStyleInfo extLst`),
}

// outline follows the elements of the second and third level of a part and collects the
// defects among them.
type outline struct {
	part   string
	order  []string
	rank   int             // of the latest element in the order
	list   string          // name of the latest element of the second level
	count  string          // its declared length, if any
	length int             // its children so far
	mixed  bool            // it has children of another namespace, which may stand for any number
	names  map[string]bool // of its entries: sheets and defined names
	found  []Defect
}

func newOutline(root, part string) *outline {
	return &outline{part: opc.PartKey(part), order: schemas[root], rank: -1, names: map[string]bool{}}
}

func (o *outline) add(code, name string) {
	o.found = append(o.found, Defect{code, o.part, name})
}

// tag processes a start tag below the root.
func (o *outline) tag(t *xmltok.Token) {
	switch {
	case t.Depth == 2:
		o.end()
		o.list, o.count, o.length, o.mixed = "", "", 0, false
		if t.Space.Main() {
			o.element(t)
		}
	case t.Depth == 3 && t.Space.Main():
		o.length++
		o.entry(t)
	case t.Depth == 3:
		o.mixed = true
	}
}

// element begins an element of the second level, and checks its place.
func (o *outline) element(t *xmltok.Token) {
	o.list = string(t.Local)
	var bad bool
	o.count = t.Value("count", &bad)
	once := slices.Index(o.order, o.list)
	rank := max(once, slices.Index(o.order, o.list+"*"))
	if rank < 0 {
		return
	}
	if rank < o.rank || rank == o.rank && once >= 0 {
		o.add("copy-element-order", o.list)
	}
	o.rank = max(o.rank, rank)
}

// entry checks that an entry of the workbook's lists is not a duplicate.
func (o *outline) entry(t *xmltok.Token) {
	var bad bool
	switch o.list + "/" + string(t.Local) {
	case "sheets/sheet":
		o.once("sheet " + strings.ToLower(t.Value("name", &bad)))
		o.once("sheetId " + t.Value("sheetId", &bad))
	case "definedNames/definedName":
		o.once(strings.TrimSpace("definedName " + strings.ToLower(t.Value("name", &bad)) + " " + t.Value("localSheetId", &bad)))
	}
}

func (o *outline) once(name string) {
	if o.names[name] {
		o.add("copy-listed-twice", name)
	}
	o.names[name] = true
}

// end compares the length of the latest list with its count.
func (o *outline) end() {
	if o.count != "" && !o.mixed && o.count != strconv.Itoa(o.length) {
		o.add("copy-list-count", o.list+" "+o.count+"/"+strconv.Itoa(o.length))
	}
	o.count = ""
}

// watch follows the sheets while their rows are read, so they need not be read twice.
func (v *verifier) watch() {
	v.outlines = map[string]*outline{}
	v.book.Frame = func(name string, t *xmltok.Token) {
		part, _ := v.copy.book.Sheet(name)
		key := opc.PartKey(part.Part)
		if t.Depth == 1 {
			v.outlines[key] = newOutline("worksheet", part.Part)
			return
		}
		v.outlines[key].tag(t)
		v.linkTag(t)
	}
}

// whole checks the copy as a package, against its source.
func (v *verifier) whole() error {
	found, err := v.newDefects()
	if err != nil || len(found) == 0 {
		return err
	}
	return xmltok.NewError(found[0].Code, "part", opc.Quoted(found[0].Part), "found", opc.Quoted(found[0].Name))
}
