package e2e

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	customerVersion  = schema.GroupVersion{Group: "erp.example.com", Version: "v1"}
	customerResource = customerVersion.WithResource("customers")
)

// Customer is the Go type of a client that knows the mapping and nothing of the
// bridge's code.
type Customer struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec   CustomerSpec   `json:"spec"`
	Status CustomerStatus `json:"status"`
}

// CustomerSpec has the protobuf numbers 1 to 5 of the mapping, in this order.
type CustomerSpec struct {
	CompanyName string `json:"companyName"`
	Status      string `json:"status,omitempty"`
	CreditLimit string `json:"creditLimit,omitempty"`
	Parent      string `json:"parent,omitempty"`
	Employees   *int64 `json:"employees,omitempty"`
}

// CustomerStatus has number 1.
type CustomerStatus struct {
	Balance string `json:"balance,omitempty"`
}

// CustomerList is a list of customers.
type CustomerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []Customer `json:"items"`
}

// DeepCopyObject implements runtime.Object.
func (c *Customer) DeepCopyObject() runtime.Object {
	copied := c.copy()
	return &copied
}

func (c *Customer) copy() Customer {
	copied := *c
	copied.ObjectMeta = *c.ObjectMeta.DeepCopy()
	if c.Spec.Employees != nil {
		employees := *c.Spec.Employees
		copied.Spec.Employees = &employees
	}
	return copied
}

// DeepCopyObject implements runtime.Object.
func (l *CustomerList) DeepCopyObject() runtime.Object {
	copied := *l
	copied.ListMeta = *l.ListMeta.DeepCopy()
	copied.Items = make([]Customer, 0, len(l.Items))
	for i := range l.Items {
		copied.Items = append(copied.Items, l.Items[i].copy())
	}
	return &copied
}

// customerScheme knows the customer as a client's scheme does.
func customerScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(customerVersion, &Customer{}, &CustomerList{})
	metav1.AddToGroupVersion(scheme, customerVersion)
	return scheme
}

// String shows what tests compare.
func (c *Customer) String() string {
	employees := "-"
	if c.Spec.Employees != nil {
		employees = fmt.Sprint(*c.Spec.Employees)
	}
	return fmt.Sprintf("%s/%s: %s %s %s %s tier=%s balance=%s",
		c.Namespace, c.Name, c.Spec.CompanyName, c.Spec.Status, c.Spec.CreditLimit, employees, c.Labels["tier"], c.Status.Balance)
}
