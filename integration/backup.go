package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Tool runs a program of PostgreSQL that is beside the server, such as pg_dump, in the server's
// own directory and for its database. Where it fails, its output is in the error. It ends when ctx
// does.
func (p *Postgres) Tool(ctx context.Context, name string, args ...string) error {
	cmd := p.command(name, args...)
	cmd.Env = append(cmd.Env, "PGHOST=127.0.0.1", "PGPORT="+strconv.Itoa(p.port), "PGUSER=phoneauth")
	return runWith(ctx, cmd)
}

// Dir is where the server may write files. It is removed by Stop.
func (p *Postgres) Dir() string { return p.dir }

// Copy takes a base backup with its write-ahead log, flushed to the disk, as a server that is not
// started. Start starts it, and Stop removes it.
func (p *Postgres) Copy(ctx context.Context) (*Postgres, error) {
	c, err := newPostgres(p.settings)
	if err == nil {
		c.bin = p.bin
		err = p.Tool(ctx, "pg_basebackup", "-D", c.data(), "--checkpoint=fast")
	}
	if err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// Tool runs a program of MariaDB's, such as mariadb-dump, as a client of the server, with its
// standard input and output in files of the server's own directory. An empty name is none. Where
// it fails, its errors are in the error. It ends when ctx does.
func (m *MariaDB) Tool(ctx context.Context, in, out, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return err
	}
	cmd := m.command(path, append([]string{"--no-defaults", "--host=127.0.0.1", "--port=" + strconv.Itoa(m.port), "--user=phoneauth"}, args...)...)
	if in != "" {
		file, err := os.Open(filepath.Join(m.dir, in))
		if err != nil {
			return err
		}
		defer file.Close()
		cmd.Stdin = file
	}
	if out != "" {
		file, err := os.Create(filepath.Join(m.dir, out))
		if err != nil {
			return err
		}
		defer file.Close()
		cmd.Stdout = file
	}
	return runWith(ctx, cmd)
}

// Dir is where the server may write files. It is removed by Stop.
func (m *MariaDB) Dir() string { return m.dir }

// Copy takes a backup by mariadb-backup, makes it ready, and returns it as a server that is not
// started. Start starts it, and Stop removes it.
func (m *MariaDB) Copy(ctx context.Context) (*MariaDB, error) {
	c, err := newMariaDB(m.settings...)
	if err != nil {
		return nil, err
	}
	err = m.Tool(ctx, "", "", "mariadb-backup", "--backup", "--datadir="+m.data(), "--target-dir="+c.data())
	if err == nil {
		err = m.Tool(ctx, "", "", "mariadb-backup", "--prepare", "--target-dir="+c.data())
	}
	if err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// runWith runs cmd until it or ctx ends. What it says is in the error, unless it goes elsewhere.
func runWith(ctx context.Context, cmd *exec.Cmd) error {
	said := &tail{}
	cmd.Stderr = said
	if cmd.Stdout == nil {
		cmd.Stdout = said
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, said.last)
	}
	return nil
}

// tail is the end of what was written to it.
type tail struct{ last []byte }

// Write implements [io.Writer].
func (t *tail) Write(b []byte) (int, error) {
	const keep = 4 << 10
	t.last = append(t.last, b...)
	t.last = t.last[max(0, len(t.last)-keep):]
	return len(b), nil
}
