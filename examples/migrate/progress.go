package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
)

// barEvery is how often the bar of a terminal is drawn.
const barEvery = 100 * time.Millisecond

// progress tells how far an import is: by a bar on a terminal, by lines elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	every    time.Duration
	part     func() float64
	began    time.Time
	last     time.Time
	kinds    map[string]int // of the hashes
}

func newProgress(w io.Writer, every time.Duration, part func() float64) *progress {
	p := &progress{w: w, every: every, part: part, began: time.Now(), kinds: map[string]int{}}
	if p.terminal = isTerminal(w); p.terminal {
		p.every = barEvery
	}
	p.last = p.began
	return p
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// counted returns users, and counts the kinds of their hashes on the way.
func (p *progress) counted(users importer.Users, kind func(phoneauth.Secret) string) importer.Users {
	return func(yield func(phoneauth.ImportUser, error) bool) {
		for u, err := range users {
			if u.PasswordHash != "" && u.Verified {
				p.kinds[kind(u.PasswordHash)]++
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

// show is for ImportOptions.Progress.
func (p *progress) show(r phoneauth.ImportReport) {
	if now := time.Now(); now.Sub(p.last) >= p.every {
		p.last = now
		p.draw(r)
	}
}

// exported returns users, and tells on the way how many there were.
func (p *progress) exported(users iter.Seq2[phoneauth.User, error]) iter.Seq2[phoneauth.User, error] {
	return func(yield func(phoneauth.User, error) bool) {
		n := 0
		for u, err := range users {
			if !yield(u, err) {
				return
			}
			if n++; time.Since(p.last) >= p.every {
				p.last = time.Now()
				p.drawExport(n)
			}
		}
	}
}

func (p *progress) drawExport(n int) {
	text := fmt.Sprintf("%d exported, %d a second", n, int(float64(n)/max(time.Since(p.began).Seconds(), 0.001)))
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", text)
}

func (p *progress) draw(r phoneauth.ImportReport) {
	text := fmt.Sprintf("%d read, %d created, %d a second", r.Read, r.Created, int(float64(r.Read)/max(time.Since(p.began).Seconds(), 0.001)))
	part := p.part()
	if part >= 0 {
		text = fmt.Sprintf("%3d %%  %s", int(100*part), text)
	}
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	const width = 30
	bar := ""
	if part >= 0 {
		full := int(width * part)
		bar = "[" + strings.Repeat("#", full) + strings.Repeat(" ", width-full) + "] "
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s%s", bar, text)
}

// end says what became of it all.
func (p *progress) end(r phoneauth.ImportReport, dryRun bool) {
	p.draw(r)
	if p.terminal {
		fmt.Fprintln(p.w)
	}
	created := "created"
	if dryRun {
		created = "would be created"
	}
	line := func(n int, text string) { fmt.Fprintf(p.w, "%10d  %s\n", n, text) }
	line(r.Created, fmt.Sprintf("%s, %d of them with a password", created, r.Passwords))
	line(r.Same, "were imported before")
	for _, fault := range slices.Sorted(maps.Keys(r.Problems)) {
		line(r.Problems[fault], "problem: "+string(fault))
	}
	for _, kind := range slices.Sorted(maps.Keys(p.kinds)) {
		line(p.kinds[kind], "hash: "+kind)
	}
}

// list is a file of NDJSON. A nil list writes nothing.
type list struct {
	file *os.File
	w    *bufio.Writer
	err  error
}

// openList makes the file anew. It holds numbers or ids, so it is its owner's alone.
func openList(name string) (*list, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &list{file: file, w: bufio.NewWriter(file)}, nil
}

func (l *list) write(line any) {
	if l == nil || l.err != nil {
		return
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = l.w.Write(append(text, '\n'))
	}
	l.err = err
}

func (l *list) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.err, l.w.Flush(), l.file.Close())
}

// idLine is a line of -ids.
type idLine struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	UUID   string `json:"uuid"`
}

// problemLine is a line of -problems.
func problemLine(p phoneauth.ImportProblem) any {
	return struct {
		Source string `json:"source"`
		Fault  string `json:"fault"`
		Phone  string `json:"phone,omitempty"`
		ID     string `json:"id,omitempty"`
	}{p.Source, string(p.Fault), p.Phone.E164(), p.UserID}
}
