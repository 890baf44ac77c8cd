package workbook

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
)

// list finds the parts of a workbook. Their sizes are those that the archive
// declares: package zip refuses a part that turns out to be longer, so nothing is
// unpacked to find out.
func list(r io.ReaderAt, size int64) (map[string][]*zip.File, error) {
	archive, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrFormat) {
		err = errors.New("it is cut short, or no .xlsx at all")
	}
	if err != nil {
		return nil, err
	}
	var total uint64
	parts := make(map[string][]*zip.File, len(archive.File))
	for _, p := range archive.File {
		if total += min(p.UncompressedSize64, MaxUnpacked+1); total > MaxUnpacked {
			return nil, &Refusal{"this workbook unpacks to more than 200 MB", asCSV}
		}
		name := fold(p.Name)
		parts[name] = append(parts[name], p)
	}
	return parts, nil
}

// fold is the name under which a part is looked up: Excel ignores case, and some
// writers use the separator of Windows.
func fold(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// open starts reading a part.
func (b *Book) open(name string) (*scanner, io.Closer, error) {
	switch found := b.parts[name]; len(found) {
	case 1:
		r, err := found[0].Open()
		if err != nil {
			return nil, nil, &partError{found[0].Name, err}
		}
		text, err := decoded(r)
		if err != nil {
			r.Close()
			return nil, nil, &partError{found[0].Name, err}
		}
		return newScanner(found[0].Name, text), r, nil
	case 0:
		return nil, nil, fmt.Errorf("its part %.100s is missing", name)
	default:
		return nil, nil, fmt.Errorf("it has two parts with the name %.100s", name)
	}
}

// small reads a part that is no sheet and calls fn at the beginning of each of
// its elements, with the names of the element and of those around it.
func (b *Book) small(name string, fn func(x *scanner, path []string) error) error {
	x, file, err := b.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if b.parts[name][0].UncompressedSize64 > maxSmall {
		return x.failed(errors.New("it is larger than 16 MB"))
	}
	var path []string
	for elements := 0; ; {
		switch token, err := x.next(); {
		case err != nil:
			return err
		case token == eof:
			return nil
		case token == startElement:
			if elements++; elements > maxElements {
				return x.failed(errors.New("it has more than a million elements"))
			}
			path = append(path, string(x.name))
			if err := fn(x, path); err != nil {
				return x.failed(err)
			}
		case token == endElement:
			path = path[:len(path)-1]
		}
	}
}

// relationships lead from a part to others.
type relationships map[string]relationship

type relationship struct{ kind, target string }

// relationships reads those of a part; "" is the package itself.
func (b *Book) relationships(part string) (relationships, error) {
	dir, base := path.Split(part)
	related := relationships{}
	err := b.small(fold(dir+"_rels/"+base+".rels"), func(x *scanner, path []string) error {
		if len(path) != 2 || path[1] != "Relationship" {
			return nil
		}
		var values [4]string
		for i, name := range [...]string{"Id", "Type", "Target", "TargetMode"} {
			var err error
			if values[i], err = x.attr(name); err != nil {
				return err
			}
		}
		if values[3] == "External" {
			return nil
		}
		if _, twice := related[values[0]]; twice {
			return fmt.Errorf("two relationships have the name %.20q", values[0])
		}
		related[values[0]] = relationship{values[1][strings.LastIndexByte(values[1], '/')+1:], b.resolve(dir, values[2])}
		return nil
	})
	return related, err
}

// resolve is the part that a target means, seen from a folder.
func (b *Book) resolve(dir, target string) string {
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	name := fold(path.Clean(strings.ReplaceAll(target, `\`, "/")))
	if plain, err := url.PathUnescape(name); b.parts[name] == nil && err == nil { // targets are URIs
		return plain
	}
	return name
}

// ofKind is the part of the first relationship of a kind, "" for none.
func (r relationships) ofKind(kind string) (target string) {
	first := ""
	for id, to := range r {
		if to.kind == kind && (first == "" || id < first) {
			first, target = id, to.target
		}
	}
	return target
}
