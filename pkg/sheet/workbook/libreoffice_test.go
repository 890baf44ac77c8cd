//go:build libreoffice

package workbook

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestWriteFormats writes testdata/formats.tsv anew: how LibreOffice shows values
// in many formats.
func TestWriteFormats(t *testing.T) {
	b := excelize.NewFile()
	defer b.Close()
	var formats [][2]string // code and value
	for _, class := range formatClasses {
		for _, code := range class.codes {
			style, err := b.NewStyle(&excelize.Style{CustomNumFmt: &code})
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range strings.Fields(class.values) {
				formats = append(formats, [2]string{code, value})
				cell := "A" + strconv.Itoa(len(formats))
				if number, err := strconv.ParseFloat(value, 64); err == nil && value != "007" {
					err = b.SetCellValue("Sheet1", cell, number)
				} else {
					err = b.SetCellValue("Sheet1", cell, value)
				}
				if err != nil {
					t.Fatal(err)
				}
				b.SetCellValue("Sheet1", "B"+strconv.Itoa(len(formats)), "end") // or the line would be empty
				b.SetCellStyle("Sheet1", cell, cell, style)
			}
		}
	}
	b.SetColWidth("Sheet1", "A", "A", 100)
	dir := t.TempDir()
	if err := b.SaveAs(filepath.Join(dir, "formats.xlsx")); err != nil {
		t.Fatal(err)
	}
	convert := exec.Command("soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true", "--outdir", dir, filepath.Join(dir, "formats.xlsx"))
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "formats.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil || len(records) != len(formats) {
		t.Fatal(len(records), len(formats), err)
	}
	var table strings.Builder
	for i, f := range formats {
		fmt.Fprintf(&table, "%s\t%s\t%s\n", f[0], f[1], records[i][0])
	}
	if err := os.WriteFile(filepath.Join("testdata", "formats.tsv"), []byte(table.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// formatClasses are formats, each with the values of its class.
var formatClasses = []struct {
	values string
	codes  []string
}{
	{"0 1 -1 7 123 1234.5 -1234.567 0.5 0.045 999999.995 1234567.891 -0.004", strings.Split(
		"0|0.0|0.00|0.000|#|#.#|#.##|0.#|0.##|#,##0|#,##0.00|#,##0.0#|#,###|#,##0;(#,##0)|#,##0.00;[Red]-#,##0.00|0.00;-0.00;\"zero\"|0;0;\"none\"|\"No. \"0|0\" pcs\"|0%|0.0%|0.00%|#%|0\\%|"+
			"0,|0.0,|#,##0,|#,##0.0,,|0,,|00|000|0000|00000|000000|?0|??0|???|0.?|0.??|#,##0.??|?.??|\"€\" #,##0.00|#,##0.00\\ \"€\"|[$€-407]\\ #,##0.00|#,##0.00\\ [$€-407]|[$$-409]#,##0.00|[$£-809]#,##0|[$¥-411]#,##0|[$CHF-807]\\ 0.00|"+
			"\\+0|+0|-0|0-|(0)|\\<0\\>|0\\.0|0\\,0|0 0|0 000|#\\ ##0|#\\ ###\\ ##0|00-00|0\\-0\\-0|00\\.00\\.00|0\\:00|0.0;[Blue]0.00|[Red]0|[Color10]0.0|[Green]0;[Red]-0;[Blue]\"nil\"|"+
			"[>100]\"big\";\"small\"|[>=1000]#,##0;0.00|[<0]\"minus \"0;0.0|[<0]-0.0;0|[>0]0.0;0|[=1]\"one\";0|[=0]\"nil\";[=1]\"one\";\"many\"|[<>0]0.00;\"-\"|[<1]0.00%;0%|[<=1]0.0;[<=1000]0;#,##0|[>1000000]0.0,,\"M\";[>1000]0.0,\"K\";0|[>=1000000]#,##0.0,,\"M\";[>=1000]#,##0,\"k\";0|"+
			"_(0_)|_(* #,##0_);_(* \\(#,##0\\);_(* \"-\"_);_(@_)|_-* #,##0.00\\ _€_-;-* #,##0.00\\ _€_-;_-* \"-\"??\\ _€_-;_-@_-|#,##0_);\\(#,##0\\)|#,##0.00_);[Red]\\(#,##0.00\\)|"+
			"0.00E+00|0.0E+0|0E+0|##0.0E+0|0.00E-00|#E+0|00.0E+00|0.###E+0|# ?/?|# ??/??|# ???/???|# ?/2|# ?/4|# ?/8|# ??/16|# ?/10|# ??/100|?/?|0/0|#\\ 0/0|0 0/00|"+
			"General|General\" items\"|\"a\"General\"b\"|General;-General;\"z\"|@|\"x\"@|0;0;0;@|0;;|0;-0;|;;;|;;;@|\"text\"|\"pos\";\"neg\";\"zero\"|\"pos\";\"neg\"|0*x|*-0|#,##0\\ \"Stück\"|\"株\"0|0\"個\"|'0'|0!|0^|0&0|0~|{0}|0=0|:0:|0$|$0|$#,##0.00|$#,##0;($#,##0)|"+
			"[DBNum1]0|#.00|.00|.0#|#.|0.|#,#|#,|0,000|0.000,|0.00,,|#,##0.000|#,##0.0000|0.0000000000|0.00000000000000000000|000,000|00,000.00|#0|#00|##|###|###0|#,##,##0|###\\-####|(###) ###-####|0.0\"%\"|0%%|0‰|\"%\"0|0.0\\ %|#,##0.0%|0.00;0.00;|00;-00;\\0|\"<\"0\">\"|\"a;b\"0|\"\"\"\"0|\\\"0|0\\\"|[$-409]0.00|[$-407]0.00|[$-F400]0", "|")},
	{"0 1 501 999 1000 4109 9999 10000 41090 99999 100000 600041 8120099 5011234 105011234 -5 12.5", strings.Split(
		"00000|00000-0000|00000\\-0000|[<=99999]00000;00000-0000|[<=99999]00000;00000\\-0000|[<=999]000;[<=9999]000\\-00;000\\-0000|[<=999]000;[<=99]00;000|000\\-0000|000-0000|000\"-\"0000|000\\-00|00\\-000|00\\-00|0000\\-000|00000\\-000|000\\ 00|000 00|"+
			"\"D-\"00000|\\D\\-00000|\"CH-\"0000|[$-411]000\\-0000|[$-409]00000|[<=9999999]###\\-####;(###)\\ ###\\-####|[<=9999999]###-####;(###) ###-####|000\\-00\\-0000|000-00-0000|[>99999]00000\\-0000;00000|[<100000]00000;[>=100000]00000\\-0000|[>=10000]00000;0000|[<10000]\\00000;00000|"+
			"[<1000]\"x\"0;[<10000]\"y\"0;\"z\"0|[=501]\"HN\";00000|[<=999]000;[<=9999]000\\-00|[>9999]0\\-0000|[<0]\"n\"0;[<=999]000;0|00000;-00000|00000;;|00000;\"-\";\"none\"|000\\.000|00\\.00\\.00|0\\ 00\\ 00\\ 00|00 00 00|0000 00|(00)000|00000_-|??00000|#00000|00000.|00000,|0\\0\\0", "|")},
	{"0 1 59 60 61 366 45000 45000.5 45123.75 46214.123456 45657.999999 2958465.99 0.25 1.5 -1", strings.Split(
		"yyyy-mm-dd|yyyy/mm/dd|dd.mm.yyyy|d.m.yyyy|d.m.yy|dd/mm/yyyy|mm/dd/yyyy|m/d/yy|d-mmm-yy|d-mmm|mmm-yy|mmm d, yyyy|mmmm d, yyyy|dddd, mmmm dd, yyyy|ddd|dddd|mmm|mmmm|mmmmm|m|mm|d|dd|yy|yyyy|yyy|y|e|"+
			"h:mm|hh:mm|h:mm:ss|hh:mm:ss|h:mm AM/PM|hh:mm am/pm|h:mm:ss AM/PM|h AM/PM|h:mm A/P|mm:ss|mm:ss.0|ss.00|s|ss|h|hh|[h]:mm|[h]:mm:ss|[hh]:mm|[mm]:ss|[m]|[s]|[ss].00|[h]|h:mm:ss.000|h\"h\" mm\"m\"|hh\\hmm|"+
			"yyyy-mm-dd hh:mm:ss|yyyy-mm-dd\\Thh:mm:ss|d/m/yyyy h:mm|m/d/yy h:mm|dd.mm.yyyy hh:mm|d. mmm yyyy|d. mmmm yyyy|mmmm yyyy|yyyy\"年\"m\"月\"d\"日\"|m\"月\"d\"日\"|yyyy\"年\"m\"月\"|h\"時\"mm\"分\"|[$-409]d-mmm-yyyy|[$-409]mmmm d, yyyy;@|[$-407]d. mmmm yyyy|[$-407]dddd|[$-407]mmm|[$-40C]d mmmm yyyy|[$-40C]mmm|[$-410]mmmm|[$-40A]mmmm|[$-413]mmmm|[$-416]mmmm|[$-411]yyyy\"年\"m\"月\"d\"日\"|[$-411]ge.m.d|[$-411]ggge\"年\"m\"月\"d\"日\"|[$-411]aaaa|[$-411]aaa|[$-411]dddd|[$-804]yyyy\"年\"m\"月\"|[$-F800]dddd, mmmm dd, yyyy|[$-F400]h:mm:ss AM/PM|\"on \"d mmm|yyyymmdd|yymmdd|ddmmyyyy|hhmmss|mmss|d-m|m-d|d/m|mm-yy|m\\.d\\.|bbbb|yyyy;@|d/m/yy;@|[Red]d/m/yyyy|yyyy-mm-dd;\"neg\"|[<1]h:mm;d.m.yyyy|[>=45000]d.m.yyyy;\"old\"|mm|hh:m|m:ss|h:m:s|d mm|\"minute \"m", "|")},
	{"Acme 007 7-11 =x 株式会社", strings.Split("@|General|\"Mr. \"@|@\" Ltd\"|0;0;0;\"t:\"@|0;;;@|;;;|;;;\"\"@|0;0;0|0.00|\"x\"|@@|\"a\"@\"b\"@|_(@_)|[Red]@|0;-0;0;|General;General;General;\"[\"@\"]\"|yyyy;@|0;@|*x@|@*x", "|")},
}
