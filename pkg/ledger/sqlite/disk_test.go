//go:build torture && linux

package sqlite

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// disk is a model of a disk at a power cut. Of a file, what was synced is there
// and each later write may be or not. A name in a folder is there, or gone, for
// certain only when the folder itself was synced. That is what POSIX promises;
// real file systems promise more.
type disk struct {
	names   map[string]*node // as running programs see them
	durable map[string]*node // as they are for certain
	renamed []naming         // the changes between the two, in order
}

// node is a file or a folder. A file that lost its name may get it back.
type node struct {
	folder  bool
	durable []byte
	pending []change
}

// change is a write, or without data a new size.
type change struct {
	at   int64 // offset or size
	data []byte
}

// naming gives a name to a node, or takes it away (nil).
type naming struct {
	path string
	*node
}

// policy decides the fate of what was not synced.
type policy struct {
	name   string
	keep   func(*rand.Rand) bool
	sector int64 // the unit that is kept or lost; 0: a whole write
}

var policies = []policy{
	{"none", func(*rand.Rand) bool { return false }, 0},
	{"all", func(*rand.Rand) bool { return true }, 0},
	{"random", coin, 0},
	{"torn", coin, 512},
}

func coin(r *rand.Rand) bool { return r.IntN(2) == 0 }

// newDisk has one folder.
func newDisk(root string) *disk {
	d := &disk{names: map[string]*node{root: {folder: true}}}
	d.durable = maps.Clone(d.names)
	return d
}

// apply makes one system call on the disk. It refuses one that cannot be, so
// that a call which was overlooked ends the test.
func (d *disk) apply(c call) error {
	n := d.names[c.path]
	switch {
	case c.name == "create" || c.name == "mkdir":
		if n == nil {
			d.name(c.path, &node{folder: c.name == "mkdir"})
		}
	case n == nil:
		return fmt.Errorf("%s of %s, which is not there", c.name, c.path)
	case c.name == "unlink":
		d.name(c.path, nil)
	case c.name == "write" || c.name == "truncate":
		n.pending = append(n.pending, change{c.at, c.data})
	case c.name == "sync" && n.folder:
		d.renamed = slices.DeleteFunc(d.renamed, func(r naming) bool {
			within := filepath.Dir(r.path) == c.path
			if within {
				r.in(d.durable)
			}
			return within
		})
	case c.name == "sync":
		n.durable, n.pending = n.after(policies[1], nil), nil
	}
	return nil
}

func (d *disk) name(path string, n *node) {
	r := naming{path, n}
	r.in(d.names)
	d.renamed = append(d.renamed, r)
}

func (r naming) in(names map[string]*node) {
	if r.node == nil {
		delete(names, r.path)
	} else {
		names[r.path] = r.node
	}
}

// after is what the file may hold after a power cut. A new size is kept only when
// those before it are: file systems keep these in order.
func (n *node) after(p policy, r *rand.Rand) []byte {
	text, sized := slices.Clone(n.durable), true
	for _, c := range n.pending {
		if c.data == nil {
			if sized = sized && p.keep(r); sized {
				text = append(text[:min(int64(len(text)), c.at)], make([]byte, max(0, c.at-int64(len(text))))...)
			}
			continue
		}
		for at, end := c.at, c.at+int64(len(c.data)); at < end; {
			next := end
			if p.sector > 0 {
				next = min(end, at-at%p.sector+p.sector)
			}
			if p.keep(r) {
				text = append(text, make([]byte, max(0, next-int64(len(text))))...)
				copy(text[at:next], c.data[at-c.at:next-c.at])
			}
			at = next
		}
	}
	return text
}

// cut writes what a power cut may leave of root into the folder to.
func (d *disk) cut(root, to string, p policy, r *rand.Rand) error {
	names := maps.Clone(d.durable)
	for _, change := range d.renamed {
		if p.keep(r) {
			change.in(names)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(names)) {
		inside, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		here, n := filepath.Join(to, inside), names[path]
		if _, err := os.Stat(filepath.Dir(here)); err != nil {
			continue // its folder was lost
		}
		if n.folder {
			err = os.MkdirAll(here, 0o700)
		} else {
			err = os.WriteFile(here, n.after(p, r), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestDisk is the model on calls whose outcome is plain.
func TestDisk(t *testing.T) {
	write := func(at int64, data string) call { return call{"write", "/r/a", at, []byte(data)} }
	create, sync := call{name: "create", path: "/r/a"}, call{name: "sync", path: "/r/a"}
	named := call{name: "sync", path: "/r"}
	for _, tt := range []struct {
		name      string
		calls     []call
		none, all string // "-": no file
	}{
		{"a name that was not synced", []call{create, write(0, "new"), sync}, "-", "new"},
		{"data that was not synced", []call{create, named, write(0, "new")}, "", "new"},
		{"synced, then written over", []call{create, named, write(0, "old"), sync, write(1, "new")}, "old", "onew"},
		{"cut off", []call{create, named, write(0, "old"), sync, {name: "truncate", path: "/r/a", at: 1}}, "old", "o"},
		{"removed", []call{create, named, write(0, "old"), sync, {name: "unlink", path: "/r/a"}}, "old", "-"},
		{"removed for certain", []call{create, named, {name: "unlink", path: "/r/a"}, named}, "-", "-"},
	} {
		d := newDisk("/r")
		for _, c := range tt.calls {
			if err := d.apply(c); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for _, p := range policies[:2] {
			to := t.TempDir()
			if err := d.cut("/r", to, p, nil); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(to, "a"))
			if err != nil {
				text = []byte("-")
			}
			got = append(got, string(text))
		}
		if diff := cmp.Diff([]string{tt.none, tt.all}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
	torn := &node{pending: []change{{100, make([]byte, 1000)}}}
	if got := len(torn.after(policy{"", func(*rand.Rand) bool { return true }, 512}, nil)); got != 1100 {
		t.Errorf("all sectors of a write are %d bytes", got)
	}
}
