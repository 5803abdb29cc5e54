package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"slices"
	"strings"
)

const (
	maxEntries    = 70
	maxLines      = 500
	maxParameters = 5
)

// countAll counts everything in the given files, whose names are relative to the current
// directory.
func countAll(files []string) ([]count, error) {
	undocumented := count{name: "undocumented", about: "exported names and fields without a comment, in packages that hosts import"}
	internal := count{name: "undocumented-internal", about: "the same, in internal packages"}
	parameters := count{name: "parameters", about: fmt.Sprintf("functions of the root package with more than %d parameters", maxParameters)}
	elsewhere := count{name: "parameters-elsewhere", about: "the same, in other packages"}
	lines := count{name: "long-files", about: fmt.Sprintf("Go files over %d lines", maxLines)}

	fset := token.NewFileSet()
	for _, name := range files {
		if path.Ext(name) != ".go" {
			continue
		}
		source, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // deleted, and git was not told yet
		} else if err != nil {
			return nil, err
		}
		if n := bytes.Count(source, []byte("\n")); n > maxLines {
			lines.found = append(lines.found, fmt.Sprintf("%s: %d lines", name, n))
		}
		if strings.HasSuffix(name, "_test.go") || slices.Contains(strings.Split(name, "/"), "testdata") {
			continue
		}
		file, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if ast.IsGenerated(file) {
			continue
		}
		into := &elsewhere
		if path.Dir(name) == "." {
			into = &parameters
		}
		into.found = append(into.found, manyParameters(fset, file)...)
		if !imported(name) || file.Name.Name == "main" {
			continue
		}
		into = &undocumented
		if slices.Contains(strings.Split(name, "/"), "internal") {
			into = &internal
		}
		into.found = append(into.found, withoutComment(fset, file)...)
	}
	return []count{rootEntries(files), undocumented, internal, parameters, elsewhere, lines}, nil
}

// imported says whether the file is of a module that hosts import.
func imported(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return first != "examples" && first != "integration" && first != ".ci"
}

// rootEntries counts the files and folders that one sees first.
func rootEntries(files []string) count {
	c := count{name: "root-entries", about: "files and folders in the root", goal: maxEntries}
	for _, name := range files {
		first, _, _ := strings.Cut(name, "/")
		c.found = append(c.found, first)
	}
	slices.Sort(c.found)
	c.found = slices.Compact(c.found)
	return c
}

// manyParameters returns the functions, methods and methods of interfaces in the file
// that have too many parameters. A receiver is none.
func manyParameters(fset *token.FileSet, file *ast.File) []string {
	var found []string
	check := func(name *ast.Ident, f *ast.FuncType) {
		if n := f.Params.NumFields(); n > maxParameters {
			found = append(found, fmt.Sprintf("%s: %s: %d parameters", fset.Position(name.Pos()), name, n))
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			check(node.Name, node.Type)
		case *ast.InterfaceType:
			for _, m := range node.Methods.List {
				if f, ok := m.Type.(*ast.FuncType); ok {
					check(m.Names[0], f)
				}
			}
		}
		return true
	})
	return found
}
