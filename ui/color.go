package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rgb is a colour, each part from 0 to 1.
type rgb [3]float64

// The surfaces of the page, as style.css has them, that colours must be read on.
var (
	white   = rgb{1, 1, 1}
	black   = rgb{}
	surface = rgb{0x17 / 255., 0x1a / 255., 0x21 / 255.} // in dark
)

// readable is the least contrast of text (WCAG 2.2, 1.4.3).
const readable = 4.5

func parseColor(s string) (rgb, bool) {
	hex, ok := strings.CutPrefix(s, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 24)
	if !ok || len(hex) != 6 || err != nil {
		return rgb{}, false
	}
	return rgb{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0]*255)), int(math.Round(c[1]*255)), int(math.Round(c[2]*255)))
}

// luminance is relative luminance (WCAG 2.2).
func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// toward mixes c with other until it can be read on ground.
func (c rgb) toward(other, ground rgb) rgb {
	mixed := c
	for part := 0.0; part <= 1 && contrast(mixed, ground) < readable+0.2; part += 0.02 {
		for i := range mixed {
			mixed[i] = c[i] + (other[i]-c[i])*part
		}
	}
	return mixed
}

// palette is a brand's colour and what goes with it.
type palette struct {
	brand, on, light, dark rgb // on it; as text on white; as text on the dark surface
}

func newPalette(brand rgb) palette {
	p := palette{brand: brand, on: white, light: brand.toward(black, white), dark: brand.toward(white, surface)}
	if contrast(white, brand) < readable {
		p.on = black
	}
	return p
}

// css returns the rules that the options of the host decide. They stand before style.css.
func (o Options) css(p palette) string {
	own := ""
	if o.Radius != "" {
		own += "--radius:" + o.Radius + ";"
	}
	if o.Font != "" {
		own += "--font:" + o.Font + ";"
	}
	return fmt.Sprintf(":root{--brand:%s;--on-brand:%s;--accent:%s;%s}@media(prefers-color-scheme:dark){:root{--accent:%s}}\n",
		p.brand, p.on, p.light, own, p.dark)
}
