package main

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/phoneauth/phoneauth"
)

// requireGRPC is requireHTTP as an interceptor of unary calls: the token is in the
// metadata, as "authorization: Bearer …". The codes are Unauthenticated and Unavailable.
func requireGRPC(keys *KeySet) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		var token phoneauth.Secret
		if values := metadata.ValueFromIncomingContext(ctx, "authorization"); len(values) == 1 {
			token = bearer(values[0])
		}
		claims, err := keys.Verify(ctx, token)
		if errors.Is(err, phoneauth.ErrUnavailable) {
			return nil, status.Error(codes.Unavailable, "try again later")
		}
		if err != nil {
			return nil, status.Error(codes.Unauthenticated, "a valid access token is wanted")
		}
		return handler(context.WithValue(ctx, claimsKey{}, claims), req)
	}
}

// newGRPC returns the gRPC service, behind the interceptor.
func newGRPC(keys *KeySet) *grpc.Server {
	server := grpc.NewServer(grpc.UnaryInterceptor(requireGRPC(keys)))
	server.RegisterService(&ordersService, nil)
	return server
}

// whoAmI is the one method of the service. Yours come from your .proto file; this one is
// written down by hand, so that nothing has to be generated to read the example.
const whoAmI = "/phoneauth.example.Orders/WhoAmI"

var ordersService = grpc.ServiceDesc{
	ServiceName: "phoneauth.example.Orders",
	Methods: []grpc.MethodDesc{{
		MethodName: "WhoAmI",
		Handler: func(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			in := new(emptypb.Empty)
			if err := decode(in); err != nil {
				return nil, err
			}
			info := &grpc.UnaryServerInfo{Server: srv, FullMethod: whoAmI}
			return interceptor(ctx, in, info, func(ctx context.Context, _ any) (any, error) {
				return wrapperspb.String(claimsFrom(ctx).Subject), nil
			})
		},
	}},
}
