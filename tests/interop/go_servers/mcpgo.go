package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func echoAgain(_ context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	message, err := request.RequireString("message")
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	return mcp.NewToolResultText(message), nil
}

// mcpGo serves mcp-go's streamable HTTP and metadata; the middleware is the application's there.
func mcpGo(mux *http.ServeMux, p *place, origin string) {
	metadata := server.ProtectedResourceMetadataPath(p.resource)
	tools := server.NewMCPServer("interop", "1", server.WithToolCapabilities(false))
	tools.AddTool(mcp.NewTool("echo", mcp.WithString("message", mcp.Required())), echoAgain)
	handler := server.NewStreamableHTTPServer(tools)
	mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, err := p.verify(token); !found || err != nil {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer resource_metadata=%q", origin+metadata))
			http.Error(w, "a token is needed", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	})
	mux.Handle(metadata, server.NewProtectedResourceMetadataHandler(server.ProtectedResourceMetadataConfig{
		Resource: p.resource, AuthorizationServers: []string{p.issuer}, ScopesSupported: scopes}))
}
