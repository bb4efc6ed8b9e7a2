skip("there is no such thing here")
