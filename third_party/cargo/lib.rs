// Empty: this package exists only so that cargo fetches the native sources which its dependencies carry.
