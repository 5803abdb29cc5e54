package ui

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAddressOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "/signin/", addressOf("/signin/"))
	assert.Equal(t, "/signin/", addressOf("/signin/", "lang", "", "next", ""))
	assert.Equal(t, "/signin/?next=%2Fa%3Fb%3Dc", addressOf("/signin/", "lang", "", "next", "/a?b=c"))
	assert.Equal(t, "/signin/?lang=fr&next=%2Fa", addressOf("/signin/", "next", "/a", "lang", "fr"))
}
