package soak

import (
	"context"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	contentJSON     = runtime.ContentTypeJSON
	contentProtobuf = runtime.ContentTypeProtobuf
)

// client is a typed client of one content type, as client-go makes them.
type client struct {
	rest       *rest.RESTClient
	parameters runtime.ParameterCodec
}

// newClient reaches the bridge at address with the credentials of the kubeconfig.
func newClient(kubeconfig, address, contentType string) (*client, error) {
	config, err := clientcmd.BuildConfigFromFlags("https://"+address, kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	scheme := newScheme()
	config.APIPath = "/apis"
	config.GroupVersion = &accounts
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.ContentType = contentType
	config.AcceptContentTypes = contentType
	config.QPS = -1
	client := &client{parameters: runtime.NewParameterCodec(scheme)}
	if client.rest, err = rest.RESTClientFor(config); err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return client, nil
}

func (c *client) request(verb *rest.Request, region string) *rest.Request {
	return verb.Namespace(region).Resource("accounts")
}

func (c *client) list(ctx context.Context, options metav1.ListOptions) (*AccountList, error) {
	list := &AccountList{}
	err := c.request(c.rest.Get(), "").VersionedParams(&options, c.parameters).Do(ctx).Into(list)
	return list, err
}

func (c *client) watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	options.Watch = true
	return c.request(c.rest.Get(), "").VersionedParams(&options, c.parameters).Watch(ctx)
}

func (c *client) get(ctx context.Context, key rowKey) (*Account, error) {
	account := &Account{}
	err := c.request(c.rest.Get(), key.region).Name(key.code).Do(ctx).Into(account)
	return account, err
}

func (c *client) ready(ctx context.Context) error {
	return c.rest.Get().AbsPath("/readyz").Do(ctx).Error()
}

// revisionOf parses a resource version; what cannot be parsed is zero, which no order accepts.
func revisionOf(text string) uint64 {
	revision, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return revision
}

// rowOf returns what an object says about its row.
func rowOf(account *Account) row {
	return row{token: account.Spec.Token, balance: account.Spec.Balance, note: account.Spec.Note}
}
