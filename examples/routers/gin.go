package routers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/phoneauth/phoneauth"
)

// Gin mounts svc on a gin router.
func Gin(svc *phoneauth.Service) http.Handler {
	g := gin.New()
	g.Any("/auth/*path", gin.WrapH(http.StripPrefix("/auth", svc.Handler())))
	g.GET("/hello", ginRequire(svc), func(c *gin.Context) {
		claims, _ := phoneauth.ClaimsFrom(c.Request.Context())
		c.String(http.StatusOK, "hello, user %s", claims.UserID)
	})
	return g
}

// ginRequire is svc.Require as gin's middleware. gin calls what comes next by itself,
// unless told to abort; so all that comes next for Require is to take over the request,
// which then says who is signed in.
func ginRequire(svc *phoneauth.Service) gin.HandlerFunc {
	return func(c *gin.Context) {
		signedIn := false
		svc.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			signedIn = true
			c.Request = r
		})).ServeHTTP(c.Writer, c.Request)
		if !signedIn {
			c.Abort() // Require has answered
		}
	}
}
