package legacyhash_test

import (
	"fmt"
	"log"

	"github.com/phoneauth/phoneauth/importer/legacyhash"
)

func Example() {
	v, err := legacyhash.New(legacyhash.Config{})
	if err != nil {
		log.Fatal(err)
	}
	const hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	fmt.Println(v.Kind(hash), v.Verify(hash, "U*U"), v.Verify(hash, "another"))
	fmt.Println(v.Kind("$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
	// Output:
	// bcrypt cost=5 true false
	// above the caps
}
