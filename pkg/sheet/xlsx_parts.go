package sheet

import (
	"archive/zip"
	"errors"
	"os"
	"path"
	"slices"
	"strings"
)

// workbookParts lists the parts that reading a sheet needs. Their sizes are
// those that the archive declares: package zip refuses a part that turns out
// to be longer, so nothing is unpacked to find out.
func workbookParts(f *os.File, name string) ([]*zip.File, error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(f, stat.Size())
	if errors.Is(err, zip.ErrFormat) {
		err = errors.New("it is cut short, or no .xlsx at all")
	}
	if err != nil {
		return nil, damaged(name, err)
	}
	var total uint64
	for _, p := range archive.File {
		total += min(p.UncompressedSize64, maxUnpacked+1)
		if total > maxUnpacked {
			return nil, &FileError{File: name, Msg: "this workbook unpacks to more than 200 MB", Hint: "save the sheet alone, as 'CSV UTF-8'"}
		}
	}
	parts := slices.DeleteFunc(archive.File, func(p *zip.File) bool { return !matters(partName(p)) })
	if !slices.ContainsFunc(parts, func(p *zip.File) bool { return path.Base(partName(p)) == "workbook.xml" }) {
		return nil, &FileError{File: name, Msg: "this is an archive, but no Excel workbook (.xlsx)", Hint: "save the sheet as .xlsx or as 'CSV UTF-8' in the spreadsheet program"}
	}
	return parts, nil
}

// partName is how excelize spells the name of a part, in lower case.
func partName(p *zip.File) string {
	return strings.ToLower(strings.ReplaceAll(p.Name, `\`, "/"))
}

func matters(part string) bool {
	dir, base := path.Split(part)
	return slices.Contains([]string{"", "_rels/", "xl/", "xl/_rels/", "xl/worksheets/"}, dir) &&
		(path.Ext(base) == ".xml" || path.Ext(base) == ".rels") && base != "calcchain.xml"
}

// streams says that excelize reads a part piece by piece.
func streams(part string) bool {
	return part == "xl/sharedstrings.xml" || strings.HasPrefix(part, "xl/worksheets/sheet")
}

func repack(path string, parts []*zip.File) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := zip.NewWriter(f)
	for _, p := range parts {
		if err = w.Copy(p); err != nil {
			break
		}
	}
	return errors.Join(err, w.Close(), f.Close())
}
