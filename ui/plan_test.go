package ui

import (
	"archive/zip"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// nationalDigits are an example's digits after the calling code.
func nationalDigits(region string, kind phonenumbers.PhoneNumberType) string {
	if n := phonenumbers.GetExampleNumberForType(region, kind); n != nil {
		return phonenumbers.GetNationalSignificantNumber(n)
	}
	return ""
}

// written is national in the first layout of p that fits.
func (p *plan) written(national string) string {
	for _, format := range p.Formats {
		if !regexp.MustCompile("^(?:" + strings.ReplaceAll(format[0], "d", `\d`) + ")").MatchString(national) {
			continue
		}
		for _, layout := range format[1:] {
			if digitsIn(layout) == len(national) {
				rest := national
				return regexp.MustCompile(`\d`).ReplaceAllStringFunc(layout, func(count string) string {
					n, _ := strconv.Atoi(count)
					part := rest[:n]
					rest = rest[n:]
					return part
				})
			}
		}
	}
	return national
}

func digitsIn(layout string) int {
	sum := 0
	for _, c := range layout {
		if c >= '0' && c <= '9' {
			sum += int(c - '0')
		}
	}
	return sum
}

// everyPlan are the plans of all regions.
var everyPlan = sync.OnceValue(func() map[string]*plan {
	all := map[string]*plan{}
	for region := range phonenumbers.GetSupportedRegions() {
		all[region] = newPlan(region)
	}
	return all
})

// Every region has a plan of at most 2 KB, that has the examples of libphonenumber.
func TestPlans(t *testing.T) {
	t.Parallel()
	largest, sum := 0, 0
	for region, p := range everyPlan() {
		require.NotNil(t, p, region)
		size := len(p.json())
		largest, sum = max(largest, size), sum+size
		require.LessOrEqual(t, size, maxPlan, region)
		require.Equal(t, strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region)), p.Code, region)
		if !p.Served {
			continue
		}
		require.NotEmpty(t, p.Lengths, region)
		mobile, landline := asGo(p.Mobile), asGo(p.Landline)
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER} {
			national := nationalDigits(region, kind)
			if national == "" {
				continue
			}
			_, err := phoneauth.ParsePhone("+"+p.Code+national, "")
			require.NoError(t, err, region)
			assert.True(t, mobile.MatchString(national), "%s %s", region, national)
			assert.Contains(t, p.Lengths, len(national), region)
			checkLayout(t, p, national)
		}
		if national := nationalDigits(region, phonenumbers.FIXED_LINE); national != "" {
			_, err := phoneauth.ParsePhone("+"+p.Code+national, "")
			assert.Equal(t, err == nil, mobile.MatchString(national), "%s %s", region, national)
			if err != nil {
				assert.True(t, landline.MatchString(national), "%s %s", region, national)
			}
		}
		if p.Example != "" {
			parsed, err := phoneauth.ParsePhone(strings.NewReplacer("/", "").Replace(p.Example), region)
			require.NoError(t, err, "%s %s", region, p.Example)
			assert.Equal(t, "+"+p.Code, parsed.E164()[:1+len(p.Code)])
		}
	}
	t.Logf("the largest has %d bytes, all together %d", largest, sum)
}

// checkLayout compares the layout of a number with how libphonenumber writes it.
func checkLayout(t *testing.T, p *plan, national string) {
	t.Helper()
	n, err := phonenumbers.Parse("+"+p.Code+national, "ZZ")
	require.NoError(t, err)
	_, international, _ := strings.Cut(phonenumbers.Format(n, phonenumbers.INTERNATIONAL), " ")
	inside := phonenumbers.Format(n, phonenumbers.NATIONAL)
	groups := regexp.MustCompile(`\d+`)
	got := groups.FindAllString(p.written(national), -1)
	want := groups.FindAllString(inside, -1)
	if len(want) > 0 && p.Trunk != "" && want[0] == p.Trunk {
		want = want[1:]
	} else if len(want) > 0 && strings.Join(want, "") == p.Trunk+national {
		want[0] = strings.TrimPrefix(want[0], p.Trunk)
	}
	if !slices.Equal(got, want) {
		assert.Equal(t, groups.FindAllString(international, -1), got, "%s %s", p.Region, inside)
	}
}

// The pattern of a plan has the numbers that a Service accepts. Landlines of a few large plans are
// told by their first digits.
func TestPlansAgreeWithTheService(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	other := 0
	compared := 0
	for region, p := range everyPlan() {
		if !p.Served {
			continue
		}
		mobile := asGo(p.Mobile)
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.VOIP} {
			base := nationalDigits(region, kind)
			for i := range len(base) {
				national := base[:i] + strconv.Itoa(random.IntN(10)) + base[i+1:]
				parsed, err := phoneauth.ParsePhone("+"+p.Code+national, "")
				accepted := err == nil && parsed.E164() == "+"+p.Code+national && (parsed.Region() == region || p.Shared == nil)
				compared++
				if accepted {
					assert.True(t, mobile.MatchString(national), "%s %s", region, national)
				} else if mobile.MatchString(national) && (err != nil || p.Shared == nil) {
					other++ // of a kind that libphonenumber looks for first, such as a pager
				}
			}
		}
	}
	assert.Less(t, other, compared/100)
}

// Regions that share a calling code are told apart as libphonenumber does.
func TestPlansOfSharedCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, national, want string }{
		{"7", "7011234567", "KZ"}, {"7", "7771234567", "KZ"}, {"7", "9161234567", "RU"},
		{"1", "4165550123", "CA"}, {"1", "6045550123", "CA"}, {"1", "2015550123", "US"},
		{"1", "7875550123", "PR"}, {"1", "8765550123", "JM"}, {"1", "8095550123", "DO"}, {"1", "6712345678", "GU"},
		{"44", "7400123456", "GB"}, {"44", "7781123456", "GG"}, {"44", "7797712345", "JE"}, {"44", "7924123456", "GB"},
		{"39", "3123456789", "IT"}, {"61", "412345678", "AU"}, {"358", "412345678", "FI"}, {"262", "692123456", "RE"}, {"262", "639012345", "YT"},
		{"590", "690001234", "GP"}, {"212", "650123456", "MA"}, {"599", "95181234", "CW"}, {"599", "3181234", "BQ"}, {"290", "51234", "SH"},
	} {
		main, shared := sharedCode(number(t, tt.code))
		assert.Equal(t, tt.want, regionIn(main, shared, tt.national), "+%s %s", tt.code, tt.national)
	}
	main, shared := sharedCode(91)
	assert.Empty(t, main)
	assert.Empty(t, shared)
}

// regionIn is how the script tells regions apart.
func regionIn(main string, shared map[string]string, national string) string {
	for region, pattern := range shared {
		if regexp.MustCompile("^(?:" + strings.ReplaceAll(pattern, "d", `\d`) + ")").MatchString(national) {
			return region
		}
	}
	return main
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// The names of all time zones that Go knows have a region, but for those of the sea and of UTC.
func TestZones(t *testing.T) {
	t.Parallel()
	for zone, region := range map[string]string{
		"Asia/Kolkata": "IN", "Asia/Calcutta": "IN", "Europe/Oslo": "NO", "Europe/Berlin": "DE", "Europe/Kiev": "UA", "Europe/Kyiv": "UA",
		"Africa/Cairo": "EG", "America/New_York": "US", "America/Toronto": "CA", "Asia/Almaty": "KZ", "Asia/Saigon": "VN", "Asia/Katmandu": "NP",
		"America/Buenos_Aires": "AR", "Australia/Sydney": "AU", "Pacific/Honolulu": "US",
		"UTC": "", "Etc/GMT+5": "", "": "", "Nowhere": "", "Antarctica/Troll": "",
	} {
		assert.Equal(t, region, regionOfZone(zone), zone)
	}
	for zone := range zones() {
		_, err := time.LoadLocation(zone)
		assert.NoError(t, err, zone)
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("the go command is not here: ", err)
	}
	names, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skip("Go's own time zones are not here: ", err)
	}
	defer names.Close()
	for _, entry := range names.File {
		if area, _, ok := strings.Cut(entry.Name, "/"); ok && area != "Etc" {
			assert.NotEmpty(t, zones()[entry.Name], "%s has no region: run go generate with a newer tzdata", entry.Name)
		}
	}
}

func TestPlanRoute(t *testing.T) {
	t.Parallel()
	get := func(regions []string, query string) (*httptest.ResponseRecorder, map[string]any) {
		w := httptest.NewRecorder()
		(&Page{regions: dialled(regions)}).servePlan(w, httptest.NewRequest(http.MethodGet, "/signin/plan?"+query, nil))
		var body map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
		return w, body
	}
	w, body := get(nil, "region=IN")
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, "public, max-age=86400", w.Header().Get("Cache-Control"))
	assert.NotEmpty(t, w.Header().Get("ETag"))
	assert.Equal(t, "91", body["code"])
	assert.Equal(t, true, body["served"])
	_, body = get(nil, "zone=Asia/Calcutta")
	assert.Equal(t, "IN", body["region"])
	w, body = get([]string{"IN"}, "region=US")
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, map[string]any{"region": "US", "code": "1", "served": false}, body)
	_, body = get([]string{"IN"}, "region=IN")
	assert.Equal(t, true, body["served"])
	for _, query := range []string{"", "region=XX", "zone=UTC", "zone=Etc/GMT", "region=in", "region=IN&region=US", "number=%2B14165550123"} {
		w, _ = get(nil, query)
		assert.Equal(t, 404, w.Code, query)
	}
	w = httptest.NewRecorder()
	(&Page{}).servePlan(w, httptest.NewRequest(http.MethodPost, "/signin/plan?region=IN", nil))
	assert.Equal(t, 405, w.Code)
}
