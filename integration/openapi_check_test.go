package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/docs"
)

// exchange is a request and its answer.
type exchange struct {
	Method, Path string
	Header       http.Header
	Body         []byte
	Status       int
	AnswerHeader http.Header `json:"answer_header"`
	Answer       []byte
}

func (e exchange) String() string {
	return fmt.Sprintf("%s %s\n%s\n%.2000s\n-> %d\n%s\n%s", e.Method, e.Path, e.Header, e.Body, e.Status, e.AnswerHeader, e.Answer)
}

// ours is docs/openapi.yaml.
type ours struct{ doc *openapi3.T }

// describeOurs loads the description, which must be valid, with all its examples. What its
// schemas of answers leave open for later versions is closed: a field that an answer has
// and the description has not is a fault.
func describeOurs(t *testing.T) ours {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(docs.OpenAPI)
	require.NoError(t, err)
	for name, schema := range doc.Components.Schemas {
		if !strings.HasSuffix(name, "Request") {
			closeSchema(schema)
		}
	}
	require.NoError(t, doc.Validate(context.Background(), openapi3.EnableExamplesValidation()))
	return ours{doc}
}

func closeSchema(ref *openapi3.SchemaRef) {
	schema := ref.Value
	if more := schema.AdditionalProperties; schema.Type.Is(openapi3.TypeObject) && more.Has == nil && more.Schema == nil {
		schema.AdditionalProperties.Has = new(bool)
	}
	for _, property := range schema.Properties {
		closeSchema(property)
	}
	if schema.Items != nil {
		closeSchema(schema.Items)
	}
}

// operations are the described ones, by method and path.
func (o ours) operations() map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range o.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			all[method+" "+path] = operation
		}
	}
	return all
}

// check holds an exchange to the description.
func (o ours) check(e exchange) error {
	if e.Method == http.MethodOptions && e.Status == http.StatusNoContent {
		return o.checkPreflight(e)
	}
	if err := takeCORS(e); err != nil {
		return err
	}
	operation, response, err := o.find(e)
	if err != nil {
		return err
	}
	if response == nil {
		return fmt.Errorf("status %d is not described", e.Status)
	}
	in := o.input(e, operation)
	if err := checkHeaders(e, response); err != nil {
		return err
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: e.Status, Header: e.AnswerHeader, Options: in.Options}
	if err := openapi3filter.ValidateResponse(context.Background(), out.SetBodyBytes(e.Answer)); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	switch {
	case len(response.Content) == 0 && len(e.Answer) > 0:
		return errors.New("the answer has a body")
	case e.Status >= 400 && !ofFields(response) && !slices.ContainsFunc(examples(response), e.like):
		return errors.New("the error is none of the described examples")
	case e.Status < 300:
		return o.checkRequest(in)
	}
	return nil
}

// described is the path as the description writes it, and the values of its parameters. What
// it does not have is returned as it is.
func (o ours) described(path string) (string, map[string]string) {
	dir, id := path[:strings.LastIndexByte(path, '/')+1], path[strings.LastIndexByte(path, '/')+1:]
	if o.doc.Paths.Value(path) == nil && o.doc.Paths.Value(dir+"{id}") != nil {
		return dir + "{id}", map[string]string{"id": id}
	}
	return path, nil
}

// find returns what describes e. Two kinds of answers belong to no operation: 404 of
// paths that are not there or not mounted, and 405.
func (o ours) find(e exchange) (*openapi3.Operation, *openapi3.Response, error) {
	path, _ := o.described(e.Path)
	item := o.doc.Paths.Value(path)
	if e.Status == http.StatusNotFound {
		ref := o.doc.Components.Responses["NotFound"]
		responses := openapi3.NewResponses(openapi3.WithName("404", ref.Value))
		return &openapi3.Operation{Responses: responses}, ref.Value, nil
	}
	if item == nil {
		return nil, nil, fmt.Errorf("the path is not described, and answers %d", e.Status)
	}
	operation := item.Operations()[e.Method]
	if (operation == nil) != (e.Status == http.StatusMethodNotAllowed) {
		return nil, nil, fmt.Errorf("a method that is described, or not: %d", e.Status)
	}
	if operation == nil {
		methods := slices.Sorted(maps.Keys(item.Operations()))
		allowed := strings.Split(e.AnswerHeader.Get("Allow"), ", ")
		if slices.Sort(allowed); !slices.Equal(methods, allowed) {
			return nil, nil, fmt.Errorf("described are %v, allowed %v", methods, allowed)
		}
		operation = item.Operations()[methods[0]]
	}
	if ref := operation.Responses.Status(e.Status); ref != nil {
		return operation, ref.Value, nil
	}
	return operation, nil, nil
}

// checkHeaders wants every header declared, and each cookie as its header is.
func checkHeaders(e exchange, response *openapi3.Response) error {
	described := map[string]*openapi3.HeaderRef{}
	for name, header := range response.Headers {
		described[http.CanonicalHeaderKey(name)] = header
	}
	for name, values := range e.AnswerHeader {
		header := described[name]
		switch {
		case name == "Content-Type":
			if e.Status == http.StatusNoContent || values[0] != "application/json; charset=utf-8" {
				return fmt.Errorf("Content-Type is %q", values)
			}
		case name == "Content-Length" || name == "Date": // of net/http
		case name == "Set-Cookie":
			for _, value := range values {
				if strings.HasPrefix(value, hostCookie+"=") {
					continue
				}
				if header == nil {
					return fmt.Errorf("the cookie %s is not described", value)
				}
				if err := header.Value.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
					return fmt.Errorf("the cookie %s: %w", value, err)
				}
			}
		case header == nil:
			return fmt.Errorf("the header %s is not described", name)
		}
	}
	if set := e.AnswerHeader["Set-Cookie"]; len(set) > 0 && strings.HasPrefix(set[0], hostCookie+"=") {
		e.AnswerHeader.Del("Set-Cookie") // from here on, of the description's alone
	}
	return nil
}

// hostCookie is the session of the host where tests have one: it is not ours to describe.
const hostCookie = "host_session"

// input is the request as the contract reads it: a field of the wrong type, or blank,
// counts as missing.
func (o ours) input(e exchange, operation *openapi3.Operation) *openapi3filter.RequestValidationInput {
	var body io.Reader
	if e.Method == http.MethodPost || e.Method == http.MethodPut {
		body = bytes.NewReader(e.Body)
		var fields map[string]any
		if json.Unmarshal(e.Body, &fields) == nil {
			read, _ := json.Marshal(asRead(fields))
			body = bytes.NewReader(read)
		}
	}
	method := e.Method
	if operation.RequestBody == nil {
		method = http.MethodGet // an answer to HEAD would not be looked at
	}
	r := httptest.NewRequest(method, e.Path, body)
	r.Header = e.Header.Clone()
	path, params := o.described(e.Path)
	return &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      &routers.Route{Spec: o.doc, Path: path, PathItem: o.doc.Paths.Value(path), Method: e.Method, Operation: operation},
		Options: &openapi3filter.Options{
			MultiError:            true,
			IncludeResponseStatus: true,
			AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
				_, err := r.Cookie(hostCookie)
				if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); err != nil && !strings.EqualFold(scheme, in.SecurityScheme.Scheme) {
					return in.NewError(errors.New("no bearer token"))
				}
				return nil
			},
		},
	}
}

func asRead(fields map[string]any) map[string]any {
	for name, value := range fields {
		text, isText := value.(string)
		inner, isObject := value.(map[string]any)
		switch {
		case name == "user" && isObject:
			fields[name] = asRead(inner)
		case !isText || strings.TrimSpace(text) == "":
			delete(fields, name)
		}
	}
	return fields
}

// checkRequest holds a request that was accepted to the description.
func (o ours) checkRequest(in *openapi3filter.RequestValidationInput) error {
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		return fmt.Errorf("the request was accepted: %w", err)
	}
	return nil
}

// ofFields reports whether errors name fields, and so are not one of a few.
func ofFields(response *openapi3.Response) bool {
	return response.Content.Get("application/json").Schema.Ref == "#/components/schemas/UsersInvalid"
}

func examples(response *openapi3.Response) (values []any) {
	if media := response.Content.Get("application/json"); media != nil {
		for _, example := range media.Examples {
			values = append(values, example.Value.Value)
		}
	}
	return values
}

// like reports whether the answer is the example, up to what differs each time.
func (e exchange) like(example any) bool {
	var answer any
	return json.Unmarshal(e.Answer, &answer) == nil && alike("", example, answer)
}

func alike(name string, a, b any) bool {
	switch name {
	case "id", "uuid", "created_at", "updated_at", "token", "access_token", "authentication_token", "refresh_token",
		"device_token", "session_token", "verification_token", "challenge":
		return reflect.TypeOf(a) == reflect.TypeOf(b)
	}
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, func(any, any) bool { return true }) &&
			!slices.ContainsFunc(slices.Collect(maps.Keys(a)), func(name string) bool { return !alike(name, a[name], b[name]) })
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, func(a, b any) bool { return alike("", a, b) })
	}
	return reflect.DeepEqual(a, b)
}
