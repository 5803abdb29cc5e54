package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
)

// options are the flags, the file and what the environment says of Firebase.
type options struct {
	from, store, region string
	passwords           string
	problems, ids       string
	dryRun, export      bool
	batch, rate         int
	every               time.Duration
	file                string
	firebase            *legacyhash.Firebase
}

func newFlags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("migrate", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are printed once, by main
	f.StringVar(&o.from, "from", "", "`format` of the file: "+strings.Join(importer.Formats(), ", "))
	f.StringVar(&o.store, "store", "sqlite:phoneauth.db", "where accounts are kept: sqlite:PATH,\npostgres://USER:PASSWORD@HOST/DATABASE or mysql://USER:PASSWORD@HOST/DATABASE\n(PHONEAUTH_STORE)")
	f.StringVar(&o.region, "region", "", "default `region` of national numbers, such as SG (default none)")
	f.StringVar(&o.passwords, "passwords", "", "for auth0: the `file` of passwords that Auth0's support gives")
	f.StringVar(&o.problems, "problems", "", "`file` for the accounts that were not imported, as NDJSON. It has numbers in clear")
	f.StringVar(&o.ids, "ids", "", "`file` for which id became which, as NDJSON")
	f.BoolVar(&o.export, "export", false, "write the accounts of -store into the file, as NDJSON, in place of an import. It has numbers in clear")
	f.BoolVar(&o.dryRun, "dry-run", false, "write no account")
	f.IntVar(&o.batch, "batch", 500, "how many accounts are written at once")
	f.IntVar(&o.rate, "rate", 0, "how many accounts are written in a second at most (default any number)")
	f.DurationVar(&o.every, "every", 10*time.Second, "how often a line of progress is written, where there is no terminal")
	return f
}

// parseFlags reads args and the environment. Errors never quote -store, which may hold a
// password.
func parseFlags(args []string, getenv func(string) string) (options, error) {
	var o options
	flags := newFlags(&o)
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == "store" })
	if store := getenv("PHONEAUTH_STORE"); store != "" && !given {
		o.store = store
	}
	var faults []error
	if flags.NArg() != 1 {
		faults = append(faults, errors.New("takes one file, or - for the standard input; -h lists the flags"))
	}
	o.file = flags.Arg(0)
	if _, err := importer.Read(o.from, nil); o.export && o.from != "" {
		faults = append(faults, errors.New("-from: is not for -export"))
	} else if err != nil && !o.export {
		faults = append(faults, fmt.Errorf("-from: must be one of %s", strings.Join(importer.Formats(), ", ")))
	}
	if o.passwords != "" && o.from != "auth0" {
		faults = append(faults, errors.New("-passwords: is for -from auth0"))
	}
	var err error
	if o.firebase, err = firebaseOf(getenv); err != nil {
		faults = append(faults, err)
	}
	return o, errors.Join(faults...)
}

// firebaseOf returns the parameters of a project, or nil if the environment has none.
func firebaseOf(getenv func(string) string) (*legacyhash.Firebase, error) {
	f := &legacyhash.Firebase{SignerKey: phoneauth.Secret(getenv("FIREBASE_SIGNER_KEY")), SaltSeparator: getenv("FIREBASE_SALT_SEPARATOR")}
	for name, field := range map[string]*int{"FIREBASE_ROUNDS": &f.Rounds, "FIREBASE_MEM_COST": &f.MemCost} {
		text := getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%s: must be a number", name)
		}
		*field = n
	}
	if f.SignerKey == "" {
		return nil, nil
	}
	return f, nil
}

const usage = `Usage: migrate -from FORMAT [flags] FILE
       migrate -export [flags] FILE

The hashes of firebase-json need the parameters of the project, from the environment:
FIREBASE_SIGNER_KEY (base64_signer_key), FIREBASE_SALT_SEPARATOR (base64_salt_separator),
and FIREBASE_ROUNDS and FIREBASE_MEM_COST unless they are 8 and 14.
`

func printUsage(w io.Writer) {
	io.WriteString(w, usage+"\n")
	flags := newFlags(new(options))
	flags.SetOutput(w)
	flags.PrintDefaults()
}
