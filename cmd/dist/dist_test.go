package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"debug/buildinfo"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// packaged is what a package is made of, in nfpm's words, which goreleaser
// shares.
type packaged struct {
	Name                                                string `yaml:"file_name_template"` // of goreleaser only
	Formats                                             []string
	Section, Priority, Maintainer, Description, License string
	Contents                                            []struct {
		Src, Dst string
		Info     struct{ Mode int } `yaml:"file_info"`
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestGoreleaser compares .goreleaser.yaml with what this command does. The
// templates of goreleaser stand in for what they become.
func TestGoreleaser(t *testing.T) {
	var c struct {
		Builds []struct {
			Main, Binary   string
			Env            []string
			OS             []string `yaml:"goos"`
			Arch           []string `yaml:"goarch"`
			Flags, Ldflags []string
		}
		Archives []struct {
			Name      string `yaml:"name_template"`
			Formats   []string
			Overrides []struct {
				OS      string `yaml:"goos"`
				Formats []string
			} `yaml:"format_overrides"`
			Files []struct{ Src, Dst string }
		}
		Packages []packaged                     `yaml:"nfpms"`
		Bills    []struct{ Documents []string } `yaml:"sboms"`
		Checksum struct {
			Name      string `yaml:"name_template"`
			Algorithm string
		}
		Snapshot struct {
			Version string `yaml:"version_template"`
		}
	}
	const version = "{{ .Version }}"
	read(t, ".goreleaser.yaml", &c)
	if len(c.Builds) != 1 || len(c.Archives) != 1 || len(c.Packages) != 1 || len(c.Bills) != 1 {
		t.Fatalf("not one build, archive, package and bill: %+v", c)
	}
	var built []target
	for _, system := range c.Builds[0].OS {
		for _, arch := range c.Builds[0].Arch {
			built = append(built, target{system, arch})
		}
	}
	var files [][2]string
	for _, f := range c.Archives[0].Files {
		files = append(files, [2]string{f.Src, f.Dst})
	}
	endings := map[string]string{"": "." + c.Archives[0].Formats[0]}
	for _, o := range c.Archives[0].Overrides {
		endings[o.OS] = "." + o.Formats[0]
	}
	var own packaged
	read(t, "packaging/nfpm.yaml", &own)
	if own.Contents[0].Dst != "/usr/bin/onboard" {
		t.Fatalf("the first file of packaging/nfpm.yaml is not the program: %+v", own.Contents[0])
	}
	own.Contents = own.Contents[1:] // goreleaser adds it by itself
	own.Name, own.Formats = archiveName(version, "{{ .Os }}", "{{ .Arch }}"), []string{"deb"}
	tests := []struct {
		what      string
		want, got any
	}{
		{"targets", targets, built},
		{"program", []string{"./cmd/onboard", target{"linux", "amd64"}.program()}, []string{c.Builds[0].Main, c.Builds[0].Binary}},
		{"environment", []string{"CGO_ENABLED=0"}, c.Builds[0].Env},
		{"flags", buildFlags, c.Builds[0].Flags},
		{"ldflags", linkFlags(version, "{{ .FullCommit }}", "{{ .CommitDate }}"), c.Builds[0].Ldflags},
		{"archives", own.Name, c.Archives[0].Name},
		{"endings", map[string]string{"": target{os: "linux"}.ending(), "windows": target{os: "windows"}.ending()}, endings},
		{"files", enclosed, files},
		{"package", own, c.Packages[0]},
		{"bills", []string{own.Name + billEnding}, c.Bills[0].Documents},
		{"checksums", []string{sumsName(version), "sha256"}, []string{c.Checksum.Name, c.Checksum.Algorithm}},
		{"snapshot", snapshotName(version, "{{ .ShortCommit }}"), c.Snapshot.Version},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got, cmp.AllowUnexported(target{})); diff != "" {
			t.Errorf("%s (-make dist +goreleaser)\n%s", tt.what, diff)
		}
	}
}

// TestPack packs the same files twice: the bytes are the same, and what comes
// out is what went in.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, []byte("synthetic program"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := &release{when: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	files := []file{{"onboard", program, 0o755}, {"docs/page.md", program, 0o644}}
	want := map[string]string{"x_1/onboard": "-rwxr-xr-x synthetic program", "x_1/docs/page.md": "-rw-r--r-- synthetic program"}
	for _, ending := range []string{".zip", ".tar.gz"} {
		var made []string
		for _, folder := range []string{"a", "b"} {
			archive := filepath.Join(dir, folder, "x_1"+ending)
			if err := errors.Join(os.MkdirAll(filepath.Dir(archive), 0o700), r.pack(archive, files)); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, string(text))
			if diff := cmp.Diff(want, unpacked(t, archive, r.when)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", archive, diff)
			}
		}
		if made[0] != made[1] {
			t.Errorf("two archives %s differ", ending)
		}
	}
}

// unpacked are the files of an archive: mode and text.
func unpacked(t *testing.T, archive string, when time.Time) map[string]string {
	t.Helper()
	found := map[string]string{}
	take := func(name, mode string, at time.Time, r io.Reader) {
		text, err := io.ReadAll(r)
		if err != nil || !at.Equal(when) {
			t.Fatalf("%s of %s: %v", name, at, err)
		}
		found[name] = mode + " " + string(text)
	}
	if path.Ext(archive) == ".zip" {
		z, err := zip.OpenReader(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			take(f.Name, f.Mode().String(), f.Modified, r)
		}
		return found
	}
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		take(h.Name, h.FileInfo().Mode().String(), h.ModTime, r)
	}
}

func TestBillOf(t *testing.T) {
	info := &buildinfo.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: "onboard"}, Deps: []*debug.Module{
		{Path: "example.org/a", Version: "v1.0.0"},
		{Path: "example.org/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/c", Version: "v2.0.0"}},
	}}
	var got []string
	for _, c := range billOf(info).Components {
		got = append(got, c.PURL)
	}
	want := []string{"pkg:golang/std@1.26.8", "pkg:golang/example.org/a@v1.0.0", "pkg:golang/example.org/c@v2.0.0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSettingOf(t *testing.T) {
	flags := strings.Join(linkFlags("1.2.3", "c0ffee", "2026-11-22"), " ")
	info := &buildinfo.BuildInfo{}
	if got := settingOf(info, "main.release"); got != "" {
		t.Errorf("%q without flags", got)
	}
	info.Settings = append(info.Settings, debug.BuildSetting{Key: "-ldflags", Value: flags})
	for variable, want := range map[string]string{"main.release": "1.2.3", "main.date": "2026-11-22", "main.other": ""} {
		if got := settingOf(info, variable); got != want {
			t.Errorf("%s = %q, want %q", variable, got, want)
		}
	}
}
