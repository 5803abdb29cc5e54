package main

import (
	"fmt"
	"go/ast"
	"go/token"
)

// withoutComment returns what of the file a reader of its documentation sees without a
// word: exported functions, types, constants and variables, methods, and the fields and
// methods of exported types. The comment of a group is not one of its members, and an
// embedded type has its comment elsewhere.
func withoutComment(fset *token.FileSet, file *ast.File) []string {
	v := visitor{fset: fset}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil || ast.IsExported(receiver(decl.Recv.List[0].Type)) {
				v.names("", []*ast.Ident{decl.Name}, decl.Doc)
			}
		case *ast.GenDecl:
			v.declaration(decl)
		}
	}
	return v.found
}

// receiver returns the name of the type that a method is of.
func receiver(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		return receiver(expr.X)
	case *ast.IndexExpr:
		return receiver(expr.X)
	case *ast.IndexListExpr:
		return receiver(expr.X)
	case *ast.Ident:
		return expr.Name
	}
	return ""
}

// A visitor collects names without a comment.
type visitor struct {
	fset  *token.FileSet
	found []string
}

// names adds the exported ones of names, unless one of the comments says something.
func (v *visitor) names(prefix string, names []*ast.Ident, comments ...*ast.CommentGroup) {
	for _, c := range comments {
		if c.Text() != "" {
			return
		}
	}
	for _, name := range names {
		if name.IsExported() {
			v.found = append(v.found, fmt.Sprintf("%s: %s%s", v.fset.Position(name.Pos()), prefix, name))
		}
	}
}

// declaration looks at constants, variables and types.
func (v *visitor) declaration(decl *ast.GenDecl) {
	var alone *ast.CommentGroup // the comment above a declaration of one thing
	if !decl.Lparen.IsValid() {
		alone = decl.Doc
	}
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			v.names("", spec.Names, alone, spec.Doc, spec.Comment)
		case *ast.TypeSpec:
			v.names("", []*ast.Ident{spec.Name}, alone, spec.Doc, spec.Comment)
			if spec.Name.IsExported() {
				v.members(spec.Name.Name+".", spec.Type)
			}
		}
	}
}

// members looks at the fields and methods of a type, and at those of types that have no
// name of their own within it.
func (v *visitor) members(prefix string, expr ast.Expr) {
	ast.Inspect(expr, func(node ast.Node) bool {
		var fields *ast.FieldList
		switch node := node.(type) {
		case *ast.StructType:
			fields = node.Fields
		case *ast.InterfaceType:
			fields = node.Methods
		case *ast.FuncType:
			return false
		default:
			return true
		}
		for _, f := range fields.List {
			v.names(prefix, f.Names, f.Doc, f.Comment)
		}
		return true
	})
}
