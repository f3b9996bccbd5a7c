package store

import (
	"math/rand/v2"
	"slices"
)

// cut returns what is on the disk when it lost power behind the first n of its
// operations. from is what it held before them. Whatever was synced is there. Of
// the rest each sector of 512 or 4096 bytes may be there or not, on its own, so
// that pages are torn and later writes survive earlier ones; so may each name
// that the folder was not synced with. Where a file grew but the sectors did not
// make it, there may be zeros or what had been on the platter before.
func (d *disk) cut(from map[string][]byte, n int, rnd *rand.Rand) map[string][]byte {
	p := platter{files: map[*inode]*inode{}, pending: map[*inode][]op{}, names: map[string]*inode{}, rnd: rnd,
		sector: []int{512, 4096}[rnd.IntN(2)], keep: []float64{0, 0.1, 0.5, 0.9, 1}[rnd.IntN(5)], litter: rnd.IntN(3) == 0}
	for _, name := range sorted(from) {
		p.names[name] = &inode{name: name, data: slices.Clone(from[name])}
		p.files[p.names[name]] = p.names[name]
	}
	p.first = d.firsts(p.names)
	for _, o := range d.ops[:n] {
		p.play(o)
	}
	return p.left()
}

// platter is the disk below what it shows: what is durable, and what is not yet.
type platter struct {
	files   map[*inode]*inode // durable content by the disk's own inode
	names   map[string]*inode // durable names
	pending map[*inode][]op   // written since the last sync
	order   []*inode          // the keys of pending in a fixed order
	folder  []op              // names made and removed since the folder's last sync
	first   map[*inode]*inode // inodes that were there before the operations

	rnd    *rand.Rand
	sector int
	keep   float64 // how likely a sector survives
	litter bool
}

// firsts tells which of the disk's inodes are those it began with.
func (d *disk) firsts(names map[string]*inode) map[*inode]*inode {
	made, first := map[*inode]bool{}, map[*inode]*inode{}
	for _, o := range d.ops {
		made[o.file] = made[o.file] || o.kind == opCreate
		if !made[o.file] && first[o.file] == nil {
			first[o.file] = names[o.file.name]
		}
	}
	return first
}

// content returns the durable content of a file.
func (p *platter) content(f *inode) *inode {
	if was := p.first[f]; was != nil {
		return was
	}
	if p.files[f] == nil {
		p.files[f] = &inode{name: f.name}
	}
	return p.files[f]
}

func (p *platter) play(o op) {
	switch o.kind {
	case opCreate, opDelete:
		p.folder = append(p.folder, o)
		if o.folder {
			p.syncFolder()
		}
	case opWrite, opTruncate:
		if !slices.Contains(p.order, o.file) {
			p.order = append(p.order, o.file)
		}
		p.pending[o.file] = append(p.pending[o.file], o)
	case opSync:
		if o.err != nil { // what was pending is clean for the system, and may never be written
			p.scatter(o.file)
			return
		}
		c := p.content(o.file)
		for _, w := range p.pending[o.file] {
			w.apply(c)
		}
		delete(p.pending, o.file)
		if o.folder {
			p.syncFolder()
		}
	}
}

func (o op) apply(f *inode) {
	if o.kind == opTruncate {
		f.truncate(o.off)
		return
	}
	f.write(o.data, o.off)
}

func (p *platter) syncFolder() {
	for _, o := range p.folder {
		p.rename(o)
	}
	p.folder = nil
}

func (p *platter) rename(o op) {
	switch c := p.content(o.file); {
	case o.kind == opCreate:
		p.names[o.file.name] = c
	case p.names[o.file.name] == c:
		delete(p.names, o.file.name)
	}
}

// scatter keeps what luck keeps of a file's pending writes.
func (p *platter) scatter(f *inode) {
	c := p.content(f)
	for _, o := range p.pending[f] {
		if o.kind == opTruncate {
			if p.rnd.Float64() < p.keep {
				o.apply(c)
			}
			continue
		}
		end := o.off + int64(len(o.data))
		if end > int64(len(c.data)) && p.rnd.Float64() < p.keep {
			was := len(c.data)
			c.grow(end)
			if p.litter {
				for i := was; i < len(c.data); i++ {
					c.data[i] = byte(p.rnd.Uint32())
				}
			}
		}
		for at := o.off; at < end; {
			next := min(end, (at/int64(p.sector)+1)*int64(p.sector))
			if p.rnd.Float64() < p.keep {
				c.write(o.data[at-o.off:next-o.off], at)
			}
			at = next
		}
	}
	delete(p.pending, f)
}

// left is what the next start finds.
func (p *platter) left() map[string][]byte {
	for _, f := range p.order {
		p.scatter(f)
	}
	for _, o := range p.folder {
		if p.rnd.Float64() < p.keep {
			p.rename(o)
		}
	}
	left := map[string][]byte{}
	for name, c := range p.names {
		left[name] = c.data
	}
	return left
}

func sorted(files map[string][]byte) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// newDisk returns a disk that holds these files, with a folder for the memory
// that connections share.
func newDisk(shm string, files map[string][]byte) *disk {
	d := &disk{shm: shm, files: map[string]*inode{}}
	for name, data := range files {
		d.files[name] = &inode{name: name, data: slices.Clone(data)}
	}
	return d
}
