package main

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"strings"
)

// bill is a bill of materials in the form of CycloneDX 1.6: the modules that the
// linker put into a binary, as the binary itself tells. It has neither a serial
// number nor a time, which would differ from build to build.
type bill struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
}

func writeBill(binary, to string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(billOf(info), "", "  ")
	if err == nil && len(info.Deps) == 0 {
		err = errors.New(binary + " names no modules")
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(text, '\n'), 0o644)
}

func billOf(info *buildinfo.BuildInfo) bill {
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{component{Type: "application", Ref: info.Main.Path, Name: info.Main.Path, Version: settingOf(info, "main.release")}}}
	b.Components = []component{module("std", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		b.Components = append(b.Components, module(m.Path, m.Version))
	}
	return b
}

func module(path, version string) component {
	purl := "pkg:golang/" + path + "@" + version
	return component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
}

// settingOf is what the linker was told to put into a variable.
func settingOf(info *debug.BuildInfo, variable string) string {
	for _, s := range info.Settings {
		_, after, found := strings.Cut(s.Value, "-X "+variable+"=")
		if s.Key == "-ldflags" && found {
			return strings.Fields(after + " ")[0]
		}
	}
	return ""
}
