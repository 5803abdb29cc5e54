// Release prepares a version of the library and shows that hosts can get it.
//
//	release prepare vX.Y.Z   writes the versions that our modules require of one another
//	release tags vX.Y.Z      prints the git commands that publish the version
//	release dry-run          gets, builds, tidies and runs every public module as a host would
//	release modules          prints the folder and the path of every public module
//
// docs/releasing.md says when each is used. All work on the git repository of the current
// directory.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run does what the arguments say.
func run(args []string) error {
	root, err := output(".", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	switch {
	case len(args) == 2 && args[0] == "prepare":
		return prepare(root, args[1])
	case len(args) == 2 && args[0] == "tags":
		return printTags(os.Stdout, root, args[1])
	case len(args) == 1 && args[0] == "dry-run":
		return dryRun(os.Stdout, root)
	case len(args) == 1 && args[0] == "modules":
		return printModules(os.Stdout, root)
	}
	return fmt.Errorf("usage: release prepare vX.Y.Z | tags vX.Y.Z | dry-run | modules")
}

// output runs a command in dir and returns what it prints, without the last newline. Its
// error holds what the command said on stderr.
func output(dir, name string, args ...string) (string, error) {
	return command{dir: dir}.output(name, args...)
}

// A command is where a program runs and what it finds in its environment.
type command struct {
	dir string
	env []string // added to this process's own
}

// output is the function of the same name, with an environment.
func (c command) output(name string, args ...string) (string, error) {
	var stdout, stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return strings.TrimRight(stdout.String(), "\n"), nil
}
