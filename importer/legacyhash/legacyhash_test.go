package legacyhash_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
)

// project has the parameters of the README of github.com/firebase/scrypt.
var project = &legacyhash.Firebase{
	SignerKey:     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
	SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
}

// The salt and the hash of that README. Its password is "user1password".
const firebaseSalt, firebaseDigest = "42xEC+ixf3L2lw==", "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="

// longSalt is the salt of two examples of SHA-crypt.txt, which is cut to 16 letters.
const longSalt = "saltstringsaltst"

// vectors are hashes of public documents.
var vectors = []struct {
	from, kind, password string
	hash                 phoneauth.Secret
}{
	{"crypt_blowfish, wrapper.c", "bcrypt cost=5", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
	{"crypt_blowfish, wrapper.c", "bcrypt cost=5", "U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
	{"the same, under the name of PHP", "bcrypt cost=5", "U*U*", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
	{"the same, under its newest name", "bcrypt cost=5", "U*U*U", "$2b$05$" + phoneauth.Secret(strings.Repeat("X", 21)) + "OAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
	{"github.com/firebase/scrypt", "firebase-scrypt mem_cost=14 rounds=8", "user1password", legacyhash.FirebaseHash(firebaseSalt, firebaseDigest)},
	{"the same in base64 of URLs", "firebase-scrypt mem_cost=14 rounds=8", "user1password", legacyhash.FirebaseHash("42xEC-ixf3L2lw==", strings.NewReplacer("+", "-", "/", "_").Replace(firebaseDigest))},
	{"the same as Supabase writes it", "firebase-scrypt mem_cost=14 rounds=8", "user1password",
		"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + project.SignerKey + "$" + firebaseSalt + "$" + firebaseDigest},
	{"passlib, scrypt", "scrypt ln=16 r=8 p=1", "password", "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"},
	{"RFC 7914, 12, in Werkzeug's form", "scrypt ln=14 r=8 p=1", "pleaseletmein", "scrypt:16384:8:1$SodiumChloride$7023bdcb3afd7348461c06cd81fd38eb" +
		"fda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
	{"RFC 7914, 12, in Django's form", "scrypt ln=14 r=8 p=1", "pleaseletmein", "scrypt$16384$SodiumChloride$8$1$cCO9yzr9c0hGHAbNgf046" +
		"/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw=="},
	{"passlib, test_handlers.py", "pbkdf2-sha1 iterations=1212", "password", "$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI"},
	{"passlib, test_handlers.py", "pbkdf2-sha256 iterations=1212", "password", "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ"},
	{"the same as a PHC string", "pbkdf2-sha256 iterations=1212", "password", "$pbkdf2-sha256$i=1212,l=32$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg+fJPeq1h/gXXY7acBp9/6c+tmQ"},
	{"passlib, test_handlers_django.py", "pbkdf2-sha1 iterations=10000", "not a password", "pbkdf2_sha1$10000$wz5B6WkasRoF$atJmJ1o+XfJxKq1+Nu1f1i57Z5I="},
	{"Django, test_hashers.py", "pbkdf2-sha256 iterations=320000", "lètmein", "pbkdf2_sha256$320000$seasalt$Toj2II2rBvFiGQcPmUml1Nlni2UtvyRWwz/jz4q6q/4="},
	{"the same in Werkzeug's form", "pbkdf2-sha256 iterations=320000", "lètmein", "pbkdf2:sha256:320000$seasalt$4e88f6208dab06f16219070f9949a5d4d9678b652dbf2456c33fe3cf8abaabfe"},
	{"phc-winner-argon2, test.c", "argon2i m=65536 t=2 p=1", "password", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"},
	{"phc-winner-argon2, test.c", "argon2id m=65536 t=2 p=1", "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
	{"SHA-crypt.txt", "sha256-crypt rounds=5000", "Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
	{"SHA-crypt.txt", "sha256-crypt rounds=10000", "Hello world!", "$5$rounds=10000$" + longSalt + "$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"},
	{"SHA-crypt.txt", "sha512-crypt rounds=5000", "Hello world!", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
	{"SHA-crypt.txt", "sha512-crypt rounds=10000", "Hello world!", "$6$rounds=10000$" + longSalt + "$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."},
	{"SHA-1 of FIPS 180, in base64", "ldap-sha", "abc", "{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
}

func newVerifier(t testing.TB, c legacyhash.Config) *legacyhash.Verifier {
	t.Helper()
	v, err := legacyhash.New(c)
	require.NoError(t, err)
	return v
}

// Each vector verifies, no other password does, and its decoy costs the same and belongs to
// nobody.
func TestVectors(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, legacyhash.Config{Firebase: project})
	for i, c := range vectors {
		t.Run(fmt.Sprintf("%d %s", i, c.from), func(t *testing.T) {
			t.Parallel()
			assert.True(t, v.Known(c.hash))
			assert.Equal(t, c.kind, v.Kind(c.hash))
			assert.True(t, v.Verify(c.hash, phoneauth.Secret(c.password)))
			assert.False(t, v.Verify(c.hash, phoneauth.Secret(c.password+"x")))
			decoy := newVerifier(t, legacyhash.Config{Firebase: project, Slowest: c.hash}).Decoy()
			assert.Equal(t, c.kind, v.Kind(decoy))
			assert.Len(t, decoy, len(c.hash))
			assert.True(t, c.hash != decoy)
			assert.False(t, v.Verify(decoy, phoneauth.Secret(c.password)))
		})
	}
}

// A hash that is cut off, or has more before or after it, is not known.
func TestBentHashes(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, legacyhash.Config{Firebase: project})
	for _, c := range vectors {
		digest := strings.LastIndexAny(string(c.hash), "$}") + 1
		for _, bent := range []phoneauth.Secret{c.hash[:digest], c.hash[:digest+10], c.hash + "$", c.hash + "\n", " " + c.hash, c.hash[1:]} {
			assert.False(t, v.Known(bent), "%s %s", c.from, c.kind)
			assert.Equal(t, "unknown", v.Kind(bent))
			assert.False(t, v.Verify(bent, phoneauth.Secret(c.password)))
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, legacyhash.Config{})
	for _, hash := range []phoneauth.Secret{
		"", "$", "{", "5f4dcc3b5aa765d61d8327deb882cf99", "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
		"$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", "$y$j9T$abc$def", "{MD5}kAFQmDzST7DWlj99KOF/cg==", "{CRYPT}x", "{SSHA}",
		"$argon2d$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
		"$argon2i$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
		"$argon2i$v=19$m=65536,t=2,p=1,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
		"$argon2i$v=19$m=65536,t=02,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
		"pbkdf2_md5$1000$seasalt$Toj2II2rBvFiGQcPmUml1Nlni2UtvyRWwz/jz4q6q/4=",
		"pbkdf2_sha256$1000$seasalt$Toj2II0=", // a digest that could be guessed
		"$6$rounds=999$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
		legacyhash.FirebaseHash(firebaseSalt, firebaseDigest), // no parameters are given
		phoneauth.Secret(strings.Repeat("$", 2000)),
	} {
		assert.False(t, v.Known(hash), "%.12s", string(hash))
		assert.Equal(t, "unknown", v.Kind(hash), "%.12s", string(hash))
		assert.False(t, v.Verify(hash, "password"))
	}
}

// What asks for more than the caps is not known, whatever the password. What asks for just so
// much is.
func TestCaps(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, legacyhash.Config{})
	const digest = "c29tZXNhbHQxMjM0c29tZXNhbHQxMjM0" // 24 bytes
	bcrypt := "$" + strings.Repeat(".", 53)
	sha512 := "$salt$" + strings.Repeat(".", 86)
	fb := ",p=1,ss=Bw==,sk=" + digest + "$c2FsdA==$" + digest
	for most, tooMuch := range map[string]string{
		"$2b$14" + bcrypt:                                       "$2b$15" + bcrypt,
		"$fbscrypt$v=1,n=16,r=8" + fb:                           "$fbscrypt$v=1,n=17,r=8" + fb,
		"$scrypt$ln=16,r=8,p=1$c2FsdA$" + digest:                "$scrypt$ln=17,r=8,p=1$c2FsdA$" + digest,
		"$scrypt$ln=16,r=8,p=16$c2FsdA$" + digest:               "$scrypt$ln=16,r=8,p=17$c2FsdA$" + digest,
		"$scrypt$ln=1,r=262144,p=1$c2FsdA$" + digest:            "$scrypt$ln=31,r=1,p=1$c2FsdA$" + digest,
		"pbkdf2_sha256$1000000$salt$" + digest:                  "pbkdf2_sha256$1000001$salt$" + digest,
		"pbkdf2_sha1$500000$salt$" + digest:                     "pbkdf2_sha1$500001$salt$" + digest,
		"$argon2i$v=19$m=65536,t=16,p=16$c2FsdHNhbHQ$" + digest: "$argon2i$v=19$m=65537,t=1,p=1$c2FsdHNhbHQ$" + digest,
		"$argon2id$v=19$m=8,t=16,p=1$c2FsdHNhbHQ$" + digest:     "$argon2id$v=19$m=8,t=17,p=1$c2FsdHNhbHQ$" + digest,
		"$argon2id$v=19$m=128,t=1,p=16$c2FsdHNhbHQ$" + digest:   "$argon2id$v=19$m=136,t=1,p=17$c2FsdHNhbHQ$" + digest,
		"$6$rounds=1000000" + sha512:                            "$6$rounds=1000001" + sha512,
	} {
		assert.True(t, v.Known(phoneauth.Secret(most)), most)
		assert.False(t, v.Known(phoneauth.Secret(tooMuch)), tooMuch)
		assert.Equal(t, "above the caps", v.Kind(phoneauth.Secret(tooMuch)), tooMuch)
		assert.False(t, v.Verify(phoneauth.Secret(tooMuch), "password"))
	}
}

func TestLongPasswords(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, legacyhash.Config{})
	for _, c := range vectors {
		if c.kind == "sha512-crypt rounds=5000" {
			assert.False(t, v.Verify(c.hash, phoneauth.Secret(strings.Repeat("x", 1<<20))))
		}
	}
}

func TestDefaultDecoy(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, legacyhash.Config{})
	assert.Equal(t, "bcrypt cost=10", v.Kind(v.Decoy()))
	v = newVerifier(t, legacyhash.Config{Firebase: project})
	assert.Equal(t, "firebase-scrypt mem_cost=14 rounds=8", v.Kind(v.Decoy()))
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]legacyhash.Config{
		"legacyhash: config: Slowest: is of an unknown kind":                         {Slowest: "canary"},
		"legacyhash: config: Slowest: asks for more than the caps":                   {Slowest: phoneauth.Secret("$2b$31$" + strings.Repeat(".", 53))},
		"legacyhash: config: Firebase: SignerKey: must be base64 of 16 to 64 bytes":  {Firebase: &legacyhash.Firebase{SignerKey: "canary"}},
		"legacyhash: config: Firebase: SaltSeparator: must be base64":                {Firebase: &legacyhash.Firebase{SignerKey: project.SignerKey, SaltSeparator: "!"}},
		"legacyhash: config: Firebase: Rounds and MemCost: ask for more than 64 MiB": {Firebase: &legacyhash.Firebase{SignerKey: project.SignerKey, MemCost: 17}},
	} {
		_, err := legacyhash.New(c)
		assert.EqualError(t, err, want)
	}
}

// FuzzKnown: whatever a hash is, nothing panics; one that is known has a kind, and a decoy that
// is known and of the same kind.
func FuzzKnown(f *testing.F) {
	for _, c := range vectors {
		f.Add(string(c.hash))
	}
	v, err := legacyhash.New(legacyhash.Config{Firebase: project})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, hash string) {
		h := phoneauth.Secret(hash)
		kind := v.Kind(h)
		if !v.Known(h) {
			require.Contains(t, []string{"unknown", "above the caps"}, kind)
			require.False(t, v.Verify(h, ""))
			return
		}
		decoy, err := legacyhash.New(legacyhash.Config{Firebase: project, Slowest: h})
		require.NoError(t, err)
		require.Equal(t, kind, v.Kind(decoy.Decoy()))
	})
}
