#error the directory leaked in
