package routers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/phoneauth/phoneauth"
)

// Echo mounts svc on an echo router.
func Echo(svc *phoneauth.Service) http.Handler {
	e := echo.New()
	e.Any("/auth/*", echo.WrapHandler(http.StripPrefix("/auth", svc.Handler())))
	e.GET("/hello", func(c echo.Context) error {
		claims, _ := phoneauth.ClaimsFrom(c.Request().Context())
		return c.String(http.StatusOK, "hello, user "+claims.UserID)
	}, echo.WrapMiddleware(svc.Require))
	return e
}
