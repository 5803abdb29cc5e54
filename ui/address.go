package ui

import "net/url"

// addressOf returns path with a query of those pairs of name and value whose value is not empty. So
// an address says nothing of a language that was not chosen.
func addressOf(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
