package object

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validator holds what defaulting and validation need.
type validator struct {
	defaults []string // by leaf: the encoded default, or empty
	any      bool
}

func (k *Kind) compileValidation() error {
	k.checks = &validator{defaults: make([]string, len(k.plan.leaves))}
	for _, leaf := range k.plan.leaves {
		if leaf.declaration.Default == nil {
			continue
		}
		encoded, err := leaf.encodeScalar(*leaf.declaration.Default)
		if err != nil {
			return fmt.Errorf("field %s: default: %w", leaf.path, err)
		}
		k.checks.defaults[leaf.leaf], k.checks.any = string(encoded), true
	}
	return nil
}

// hasDefaults reports whether defaulting can change a body: one without a spec gets one.
func (v *validator) hasDefaults(body string) bool {
	return v.any || body == "" || protowire.Number(body[0]>>3) != specNumber
}

// Validate checks a new object.
func (k *Kind) Validate(ctx context.Context, o *Object) field.ErrorList { return nil }

// ValidateUpdate checks a changed object.
func (k *Kind) ValidateUpdate(ctx context.Context, o, old *Object) field.ErrorList { return nil }
