package routers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/console"
)

// newService is for a first try: accounts are gone when the program ends, and codes are
// printed.
func newService() *phoneauth.Service {
	svc, err := phoneauth.New(phoneauth.Config{
		Store:  memstore.New(),
		Sender: console.New(os.Stderr),
		Keys:   phoneauth.GenerateKeys(),
	})
	if err != nil {
		panic(err)
	}
	return svc
}

// try asks a router for what is below the prefix. Yours is served by
//
//	http.ListenAndServe("localhost:8080", router)
func try(router http.Handler) {
	server := httptest.NewServer(router)
	defer server.Close()
	resp, err := http.Get(server.URL + "/auth/.well-known/jwks.json")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body))
}

func ExampleServeMux() {
	svc := newService()
	router := http.NewServeMux()
	router.Handle("/auth/", http.StripPrefix("/auth", svc.Handler()))
	try(router)
	// Output: 200 {"keys":[]}
}

func ExampleChi() {
	svc := newService()
	router := chi.NewRouter()
	router.Mount("/auth", http.StripPrefix("/auth", svc.Handler()))
	try(router)
	// Output: 200 {"keys":[]}
}

func ExampleGorilla() {
	svc := newService()
	router := mux.NewRouter()
	router.PathPrefix("/auth/").Handler(http.StripPrefix("/auth", svc.Handler()))
	try(router)
	// Output: 200 {"keys":[]}
}

func ExampleEcho() {
	svc := newService()
	router := echo.New()
	router.Any("/auth/*", echo.WrapHandler(http.StripPrefix("/auth", svc.Handler())))
	try(router)
	// Output: 200 {"keys":[]}
}

func ExampleGin() {
	gin.SetMode(gin.TestMode) // prints no list of routes
	svc := newService()
	router := gin.New()
	router.Any("/auth/*path", gin.WrapH(http.StripPrefix("/auth", svc.Handler())))
	try(router)
	// Output: 200 {"keys":[]}
}
