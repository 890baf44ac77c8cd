package partner

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBody(t *testing.T) {
	row := &Row{CompanyName: "Stay Green Greenery", Country: "us", DataCenter: "US", FirstName: "trend", LastName: "micro", Email: "tm@trendmicro.com"}
	p, problems := NewRules().Check(row)
	if problems != nil {
		t.Fatal(problems)
	}
	// The request example of the API's page, byte for byte.
	want := `{"company":{"type":"MSP","data_center":"US","name":"Stay Green Greenery","country":"US"},"contact":{"first_name":"trend","last_name":"micro","email":"tm@trendmicro.com"}}`
	if diff := cmp.Diff(want, string(p.AppendBody(nil))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	row.CompanyName, row.City = "A & B <Café>", " Zürich "
	p, _ = NewRules().Check(row)
	if got := string(p.AppendBody(nil)); !strings.Contains(got, `"name":"A & B <Café>"`) || !strings.Contains(got, `"city":"Zürich"`) {
		t.Errorf("body %s", got)
	}
}

// request is the body as encoding/json sees it.
type request struct {
	Company struct {
		Type       string `json:"type"`
		DataCenter string `json:"data_center"`
		Name       string `json:"name"`
		Country    string `json:"country"`
		Industry   string `json:"industry,omitempty"`
		Size       string `json:"size,omitempty"`
		State      string `json:"state,omitempty"`
		City       string `json:"city,omitempty"`
		Address    string `json:"address,omitempty"`
		PostalCode string `json:"postal_code,omitempty"`
	} `json:"company"`
	Contact struct {
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Email     string `json:"email"`
	} `json:"contact"`
}

func marshalled(t *testing.T, row *Row) string {
	t.Helper()
	var q request
	q.Company.Type, q.Company.DataCenter, q.Company.Name, q.Company.Country = row.Type, row.DataCenter, row.CompanyName, row.Country
	q.Company.Industry, q.Company.Size, q.Company.State = row.Industry, row.Size, row.State
	q.Company.City, q.Company.Address, q.Company.PostalCode = row.City, row.Address, row.PostalCode
	q.Contact.FirstName, q.Contact.LastName, q.Contact.Email = row.FirstName, row.LastName, row.Email
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&q); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

// FuzzBody compares the body with that of encoding/json for any two texts in
// any two fields.
func FuzzBody(f *testing.F) {
	for i, s := range []string{"", "plain", "a\"b\\c/d", "<&>'", "\x00\x01\x08\t\n\v\f\r\x1f\x7f", "Zürich", "𠮷野家", "\u2028\u2029\u202a", "\ufffd", "a\xffb\xc3",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", strings.Repeat("\x01", 300)} {
		f.Add(s, "b"+s, uint8(i), uint8(i+3))
	}
	f.Fuzz(func(t *testing.T, a, b string, i, j uint8) {
		p := Partner{row: good()}
		*p.row.At(Field(i) % NumFields) = a
		*p.row.At(Field(j) % NumFields) = b
		if diff := cmp.Diff(marshalled(t, p.row), string(p.AppendBody(nil))); diff != "" {
			t.Errorf("%q %q (-want +got)\n%s", a, b, diff)
		}
	})
}

// TestBodyOfEveryRune escapes what encoding/json escapes, and nothing else.
func TestBodyOfEveryRune(t *testing.T) {
	p := Partner{row: good()}
	for r := rune(0); r <= 0x2100; r++ {
		p.row.CompanyName = "a" + string(r) + "b"
		if want, got := marshalled(t, p.row), string(p.AppendBody(nil)); got != want {
			t.Errorf("U+%04X: got %s, want %s", r, got, want)
		}
	}
}
