// Command program is a protected MCP server made with the Go SDK or with mcp-go: program KIND ISSUER.
// It takes the tokens of ISSUER, prints {"url": ...} when it is ready, and a line for each request
// on standard error.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// What both servers are told.
type place struct {
	issuer, resource string
	keys             *jose.JSONWebKeySet
}

var scopes = []string{"mcp:tools"}

type claims struct {
	jwt.Claims
	Scope    string `json:"scope"`
	ClientID string `json:"client_id"`
}

// verify judges a JWT of the issuer; spec: RFC 9068 4
func (p *place) verify(token string) (*claims, error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.EdDSA})
	if err != nil {
		return nil, err
	}
	var found claims
	if err := parsed.Claims(p.keys, &found); err != nil {
		return nil, err
	}
	return &found, found.Validate(jwt.Expected{Issuer: p.issuer, AnyAudience: jwt.Audience{p.resource}})
}

func fetchKeys(issuer string) (*jose.JSONWebKeySet, error) {
	response, err := http.Get(issuer + "/jwks")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	keys := new(jose.JSONWebKeySet)
	return keys, json.NewDecoder(response.Body).Decode(keys)
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Println(r.Method, r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

var kinds = map[string]func(*http.ServeMux, *place, string){
	"sessions": goSessions, "stateless": goStateless, "mcp-go": mcpGo}

func main() {
	issuer := os.Args[2]
	keys, err := fetchKeys(issuer)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	origin := "http://" + listener.Addr().String()
	mux := http.NewServeMux()
	kinds[os.Args[1]](mux, &place{issuer, origin + "/mcp", keys}, origin)
	fmt.Printf("{\"url\": %q}\n", origin+"/mcp")
	log.Fatal(http.Serve(listener, logged(mux)))
}
