package legacyhash

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// bcryptLetters are those of bcrypt's base64.
const bcryptLetters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// bcryptHash is a whole hash of bcrypt.
type bcryptHash struct {
	text string
	cost int
}

// parseBcrypt reads "$2b$10$", 22 letters of salt and 31 of digest.
func parseBcrypt(hash string) (scheme, error) {
	if len(hash) != 60 || hash[3] != '$' || hash[6] != '$' || strings.Trim(hash[7:], bcryptLetters) != "" {
		return nil, errBroken
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil || fmt.Sprintf("%02d", cost) != hash[4:6] {
		return nil, errBroken
	}
	if cost > MaxBcryptCost {
		return nil, errTooMuch
	}
	return bcryptHash{hash, cost}, nil
}

func (h bcryptHash) kind() string { return fmt.Sprintf("bcrypt cost=%d", h.cost) }

func (h bcryptHash) check(password []byte) bool {
	return bcrypt.CompareHashAndPassword([]byte(h.text), password) == nil
}

func (h bcryptHash) decoy() string {
	random := random(53)
	for i := range random {
		random[i] = bcryptLetters[random[i]%64]
	}
	return h.text[:7] + string(random)
}
